"""What to do where the ghost engine cannot be used."""

WAY_OUT = 'Way out: engine="pushforward", which asks nothing of the network and the meta model'
