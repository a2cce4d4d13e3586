// Command rollcall keeps a roll of a Telegram group's members that its owner can trust, and runs the companion bot that answers only to
// people on that roll.
//
// This package is flags, configuration, wiring, terminal and exit codes; one file a command. It promises:
//
//   - Data on standard output, everything else on standard error. --json is one envelope everywhere: schema, data, meta.
//   - An exit code says what kind of thing went wrong (exit.go), and an error what to do next. Only this package prints.
//   - Configuration is one table (settings in config_settings.go), from which the YAML file, the environment, flags, the example and
//     "did you mean" all come. A key that is not in it is an error. Secrets have no key: only the files that hold them do.
//   - Prompts appear on a terminal alone, and whatever one asks can be answered by a file or a line of standard input.
//   - The first interrupt stops safely, the second at once.
//
// Configuration is decoded from the YAML syntax tree and not by a library that merges maps (koanf, viper): those have forgotten by then
// in which line of which file a wrong value stood.
package main
