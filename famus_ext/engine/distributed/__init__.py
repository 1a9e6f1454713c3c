"""The processes of a torch.distributed program that take one step together."""
