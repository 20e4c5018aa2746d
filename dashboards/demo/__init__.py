"""The product with everything embedded: broker, synthetic traffic, a real small model."""
