"""The folder of an experiment: what is written where, and how it is read back.

- `run_folder`: its files; `folder_lock`: one job at a time
- `checkpoint`, `checkpoint_folder`: states of a run, hashed, the last few kept; `resume`: which folder to go on with
- `learned_meta_model`: θ of another run
- `metrics`: a record an epoch; `example_table`: a line a training example; `origin`: where it all comes from
- `read_run`: the folder read back; `collect`: finished experiments as one result file
- `files`: written whole or not at all
"""
