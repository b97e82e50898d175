"""Text from networks: an encoder has read what there is, a decoder says one token after the other."""
