"""Operations on people, tokens and the audit log."""
