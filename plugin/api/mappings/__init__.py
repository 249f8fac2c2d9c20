"""Operations on mappings: texts before activation, and the revisions that were activated."""
