"""The documentation: what is made from the code, and what its pages say."""
