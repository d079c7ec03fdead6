"""The model zoo: one family per file, one registry. Importing it does not import Keras."""
