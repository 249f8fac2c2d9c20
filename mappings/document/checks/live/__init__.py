"""What the live site says of a document: its catalogue, names that changed, screens and permissions, what people may not mean."""
