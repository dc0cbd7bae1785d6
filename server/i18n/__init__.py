"""TRANSLATES: one mechanism for every text that people see, in English, Spanish and Italian."""
