"""Raw files to documents: PDF, scans, web pages, EPUB, DOCX, JATS and text, page by page."""
