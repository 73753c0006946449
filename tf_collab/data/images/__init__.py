"""Sets of images: loaders, decoding, storage and batches."""
