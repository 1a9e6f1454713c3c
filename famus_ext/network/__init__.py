"""The user's network as the engine sees it: its layers, its buffers, its forward pass and the graph that it leaves."""
