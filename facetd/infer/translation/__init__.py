"""Text in another language, by networks of the Marian family."""
