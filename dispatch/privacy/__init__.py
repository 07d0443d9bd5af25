"""Who sees personal data in clear, why somebody looked, and what people wrote about a customer."""
