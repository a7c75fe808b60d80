"""The demo site: its texts and pictures are data in this folder, read by `loading` and `load_test`."""
