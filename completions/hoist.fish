complete --keep-order --exclusive --command hoist --arguments "(COMPLETE=fish hoist -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
