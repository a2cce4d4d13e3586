package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"rollcall/internal/tgsim/scenario"
)

// scenarios is where the simulator keeps its own; tests run in their package's folder.
const scenarios = "../../internal/tgsim/scenario/testdata"

// playCommand plays one of the simulator's own scenarios in no time: its clock jumps from line to line.
func playCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "play SCENARIO")
	file, err := os.Open(filepath.Join(scenarios, args[0]+".txt"))
	ts.Check(err)
	defer file.Close()
	played, err := scenario.Parse(file)
	ts.Check(err)
	ts.Check(scenario.Player{Stage: sceneOf(ts).server.Stage(), Seed: 1}.Play(context.Background(), played))
}
