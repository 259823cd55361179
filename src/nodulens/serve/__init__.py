"""The server behind the browser workbench: uploads, analyses, corrections, reports, exports."""
