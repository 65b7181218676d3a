"""What was asked, what it cost and what became of it: names and figures, no text.

Every fact is a value of `events`. One function hears all of them (`observers`): it feeds the table on the disk
(`picode.io.usage_store`, whose rows are those of `rows`), the metrics, the traces and the log. Everything that is shown of
usage is a sum over those rows (`summaries`) or a list of them (`audit`).
"""
