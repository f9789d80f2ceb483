"""Text in, annotations out: language, sentences, entities, relations, classes and protected health information."""
