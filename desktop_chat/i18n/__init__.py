"""TRANSLATES: every text that people see, in English, Spanish and Italian."""
