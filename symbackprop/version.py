"""The version of the generator, written into every module; the project's, as a test makes sure."""

VERSION = "0.3.0"
