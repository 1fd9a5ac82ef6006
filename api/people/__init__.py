"""Users, tokens and what they may do; what was done is told in the audit trail."""
