package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"rollcall/internal/report"
	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/rpc"
)

var update = flag.Bool("update", false, "write the golden files and the scripts' expectations anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"rollcall": func() { os.Exit(Main()) },
		"converse": func() { os.Exit(converse()) },
		"bareloop": func() { os.Exit(bareLoop()) },
		"unindex":  func() { os.Exit(unindex()) },
		"lose":     func() { os.Exit(lose()) },
	})
}

// patience is how long a script waits for what has to happen. Most of it happens within milliseconds; the machine may be busy.
const patience = 2 * time.Minute

// TestScript runs the program as people do, most scripts against a simulated Telegram that lives in the test's process:
//
//	tgsim [-members N] [-seed N] [-no-password]  serves one, configures the script for it, sets $PHONE, $OWNER, $BOT, $GROUP;
//	      [-few METHOD]                          the method may be called twice, and then once in two hours
//	      [-budgets TEXT]                        how often methods may be called, as tgsim serve --budgets
//	stranger NAME, pick NAME STATUS              somebody who never was in the group, or is there with a status: $NAME, $NAME_AT
//	act ACTION USER [TEXT], end owner|bot        what people do, and the end of every login
//	told USER N REGEXP                           waits until the bot told them N messages, the last one as said
//	eventually REGEXP COMMAND…                   repeats a command until its standard output is as said
//	agrees                                       compares the roll on standard output with the truth
//	keep FILE COMMAND…, secretless PATH…         adds a command's output to a file; no secret is in those files and folders
//	called owner|bot METHOD [MIN-]MAX            waits until the account called the method MIN times (1); then it was MAX at most
//	impostor silent|nonsense NAME                a server that is not Telegram: $NAME is its address
//	exit CODE COMMAND…                           runs a command and compares its exit code
//	document COMMAND…                            runs it with --json: standard output is one JSON document without empty texts
//	exec unindex FILE                            takes what is derived of the ledger out of a roster
//	exec lose FILE feed|admin_log                puts the loss of the hour before the last on a roster's record
//	exec converse FILE COMMAND…                  runs it on a terminal of its own and types what FILE says
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("XDG_CONFIG_HOME", "")
			env.Setenv("XDG_DATA_HOME", "")
			env.Setenv("NOBODY", "987654321")
			env.Values[sceneKey{}] = &scene{dir: env.WorkDir}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit": exitCommand, "tgsim": tgsimCommand, "stranger": strangerCommand, "pick": pickCommand, "act": actCommand, "end": endCommand,
			"told": toldCommand, "eventually": eventuallyCommand, "agrees": agreesCommand, "keep": keepCommand, "secretless": secretlessCommand,
			"impostor": impostorCommand, "called": calledCommand, "document": documentCommand,
			"play": playCommand,
		},
	})
}

// sceneKey is where a script keeps its *scene.
type sceneKey struct{}

func sceneOf(ts *testscript.TestScript) *scene { return ts.Value(sceneKey{}).(*scene) }

// rollOutput is `members --json`.
type rollOutput struct {
	Data []report.Row `json:"data"`
	Meta report.Meta  `json:"meta"`
}

func need(ts *testscript.TestScript, ok bool, usage string) {
	if !ok {
		ts.Fatalf("usage: %s", usage)
	}
}

func tgsimCommand(ts *testscript.TestScript, neg bool, args []string) {
	o := tgsim.Options{Members: 60, Seed: 1}
	flags := flag.NewFlagSet("tgsim", flag.ContinueOnError)
	flags.IntVar(&o.Members, "members", o.Members, "")
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "")
	flags.BoolVar(&o.NoPassword, "no-password", false, "")
	flags.Func("few", "", func(method string) error {
		o.Budgets = rpc.DefaultBudgets()
		o.Budgets[method] = rpc.Budget{Burst: 2, Rate: 1.0 / 7200}
		return nil
	})
	flags.Func("budgets", "", func(text string) (err error) {
		o.Budgets, err = rpc.ParseBudgets(text)
		return err
	})
	ts.Check(flags.Parse(args))
	need(ts, !neg && flags.NArg() == 0, "tgsim [-members N] [-seed N] [-no-password] [-few METHOD] [-budgets TEXT]")
	made, err := newScene(context.Background(), sceneOf(ts).dir, o)
	ts.Check(err)
	ts.Defer(func() { ts.Check(made.server.Close()) })
	*sceneOf(ts) = *made
	for name, text := range made.environment() {
		ts.Setenv(name, text)
	}
}

func strangerCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "stranger NAME")
	n, err := sceneOf(ts).newcomer(context.Background())
	ts.Check(err)
	setPerson(ts, args[0], n.ID, n.Username)
}

func pickCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 2, "pick NAME STATUS")
	m, err := sceneOf(ts).pick(context.Background(), args[1])
	ts.Check(err)
	setPerson(ts, args[0], m.ID, m.Username)
}

func setPerson(ts *testscript.TestScript, name string, id int64, username string) {
	ts.Setenv(name, strconv.FormatInt(id, 10))
	ts.Setenv(name+"_AT", "@"+username)
}

func actCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) == 2 || len(args) == 3, "act ACTION USER [TEXT]")
	id, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	a := act{Action: args[0], User: id}
	if len(args) == 3 {
		a.Text = args[2]
	}
	if err := sceneOf(ts).act(context.Background(), a); (err != nil) != neg {
		ts.Fatalf("act %v: %v", args, err)
	}
}

func endCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 1, "end owner|bot|server")
	if args[0] == "server" {
		ts.Check(sceneOf(ts).server.Close())
		return
	}
	ts.Check(sceneOf(ts).end(args[0]))
}

func toldCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 3, "told USER N REGEXP")
	user, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	matches := matcher(ts, args[2])
	ts.Check(eventually(patience, func() error {
		texts, err := sceneOf(ts).told(context.Background(), user)
		if err == nil && (len(texts) != want || want > 0 && !matches(texts[want-1])) {
			err = textError("told " + args[0] + ":\n" + strings.Join(texts, "\n----\n"))
		}
		return err
	}))
}

// textError is an error that says what was there instead.
type textError string

func (e textError) Error() string { return string(e) }

func matcher(ts *testscript.TestScript, pattern string) func(string) bool {
	re, err := regexp.Compile("(?ms)" + pattern)
	ts.Check(err)
	return re.MatchString
}

func eventuallyCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 1, "eventually REGEXP COMMAND…")
	matches := matcher(ts, args[0])
	ts.Check(eventually(patience, func() error {
		err := ts.Exec(args[1], args[2:]...)
		if out := ts.ReadFile("stdout"); !matches(out) {
			return errors.Join(textError(args[0]+" is not in:\n"+out+ts.ReadFile("stderr")), err)
		}
		return nil
	}))
}

func agreesCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 0, "agrees")
	differences, err := sceneOf(ts).disagreements(context.Background(), []byte(ts.ReadFile("stdout")))
	ts.Check(err)
	if len(differences) > 0 {
		ts.Fatalf("the roll differs from the truth:\n%s", strings.Join(differences, "\n"))
	}
}

func keepCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) > 1, "keep FILE COMMAND…")
	err := ts.Exec(args[1], args[2:]...)
	f, openErr := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(openErr)
	_, writeErr := f.WriteString(ts.ReadFile("stdout") + ts.ReadFile("stderr"))
	ts.Check(errors.Join(writeErr, f.Close()))
	if (err != nil) != neg {
		ts.Fatalf("%v: %v", args[1:], err)
	}
}

func secretlessCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, len(args) > 0, "secretless PATH…")
	for i := range args {
		args[i] = ts.MkAbs(args[i])
	}
	found, err := findSecrets(sceneOf(ts).secrets(), args)
	ts.Check(err)
	if (len(found) > 0) != neg {
		ts.Fatalf("secrets that lie open:\n%s", strings.Join(found, "\n"))
	}
}

func impostorCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 2 && (args[0] == "silent" || args[0] == "nonsense"), "impostor silent|nonsense NAME")
	i, err := newImpostor(args[0] == "nonsense")
	ts.Check(err)
	ts.Defer(i.close)
	ts.Setenv(args[1], i.address())
}

func calledCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) == 3, "called owner|bot METHOD [MIN-]MAX")
	low, high, isRange := strings.Cut(args[2], "-")
	if !isRange {
		low, high = "1", low
	}
	least, err := strconv.Atoi(low)
	ts.Check(err)
	most, err := strconv.Atoi(high)
	ts.Check(err)
	calls := func() int { return sceneOf(ts).server.Requests()[args[0]][args[1]].Calls }
	ts.Check(eventually(patience, func() error {
		if calls() < least {
			return textError("the " + args[0] + " has not called " + args[1] + " often enough")
		}
		return nil
	}))
	if got := calls(); got > most {
		ts.Fatalf("the %s called %s %d times", args[0], args[1], got)
	}
}

// documentCommand runs a command with --json. A text that is empty is one that is absent, and that is null.
func documentCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 0, "document COMMAND…")
	ts.Check(ts.Exec(args[0], append(args[1:], "--json")...))
	out := ts.ReadFile("stdout")
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	var e struct {
		Schema int         `json:"schema"`
		Data   any         `json:"data"`
		Meta   report.Meta `json:"meta"`
	}
	ts.Check(d.Decode(&e))
	if _, err := d.Token(); !errors.Is(err, io.EOF) || e.Schema != report.Schema || e.Data == nil {
		ts.Fatalf("%v: standard output is not one document with data:\n%s", args, out)
	}
	if at := emptyText("data", e.Data); at != "" {
		ts.Fatalf("%v: %s is empty and not null:\n%s", args, at, out)
	}
}

// emptyText is where in a JSON value a text is empty.
func emptyText(at string, v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return at
		}
	case []any:
		for i, item := range v {
			if found := emptyText(at+"["+strconv.Itoa(i)+"]", item); found != "" {
				return found
			}
		}
	case map[string]any:
		for key, item := range v {
			if found := emptyText(at+"."+key, item); found != "" {
				return found
			}
		}
	}
	return ""
}

// exitCommand runs a command and compares its exit code: `exit 3 rollcall config check`.
func exitCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, !neg && len(args) > 1, "exit CODE COMMAND…")
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v: %v", args[1:], err)
		}
		got = ended.ExitCode()
	}
	if want, err := strconv.Atoi(args[0]); err != nil || got != want {
		ts.Fatalf("%v: exit code %d, want %s", args[1:], got, args[0])
	}
}
