"""Receipts on paper and in the mail: what stands on one (`content`) and how it is drawn (`pdf`)."""
