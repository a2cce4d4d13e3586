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

// playCommand plays a scenario in no time: its clock jumps from line to line. It is one of the simulator's own, or a file of the script's.
func playCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "play SCENARIO|FILE.txt")
	path := filepath.Join(scenarios, args[0]+".txt")
	if filepath.Ext(args[0]) == ".txt" {
		path = ts.MkAbs(args[0])
	}
	file, err := os.Open(path)
	ts.Check(err)
	defer file.Close()
	played, err := scenario.Parse(file)
	ts.Check(err)
	ts.Check(scenario.Player{Stage: sceneOf(ts).server.Stage(), Seed: 1}.Play(context.Background(), played))
}
