// Command tgsim serves the simulated Telegram by itself, for anything that speaks MTProto. It is flags and wiring; what is simulated is in
// internal/tgsim.
package main
