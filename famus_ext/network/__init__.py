"""The user's network as the engine sees it: its layers, its forward pass, the graph that the pass leaves behind."""
