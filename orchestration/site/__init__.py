"""The public site: static pages made of release folders, for patients, boards, journalists and analysts.

Belongs here: reading a bundle for its pages (`rows.py`, `view.py`), what the pages say (`sentences.py`) and draw
(`pictures.py`), the pages by subject, writing them (`build.py`). Does not: any statistic. The site counts rows, takes
medians of ranges and writes sentences; anything else is a column of the release."""
