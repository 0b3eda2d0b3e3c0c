"""Tensors: networks of PyTorch and Keras, looked through and asked in the sandbox."""
