"""Frame to `alt.Chart`: pure functions, one module per notebook, one theme for all.

Each function takes a frame made by the summary of the same subject, returns a chart with a description generated from
its data, and draws a plain sentence instead when the frame is empty.
"""
