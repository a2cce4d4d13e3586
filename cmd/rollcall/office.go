package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// desk is where an errand is run: in the process that holds the roster.
type desk struct {
	cfg    Config
	roster *roster.Roster
	now    func() time.Time
	// live is the run of this process, with its connected accounts; nil in every other command.
	live *live
}

// errand is something that a command wants of the roster. It runs here where nobody holds the roster, and in the process that does
// where somebody does: every command works beside a running run. Request and answer are JSON on the way.
type errand[Q, A any] struct {
	name  string
	write bool
	do    func(ctx context.Context, d desk, q Q) (A, error)
}

// errands are all errands by name, for the process that holds the roster.
var errands = map[string]func(ctx context.Context, d desk, q []byte) (any, error){}

// newErrand declares an errand that reads.
func newErrand[Q, A any](name string, do func(context.Context, desk, Q) (A, error)) errand[Q, A] {
	return declare(errand[Q, A]{name: name, do: do})
}

// newChange declares an errand that writes.
func newChange[Q, A any](name string, do func(context.Context, desk, Q) (A, error)) errand[Q, A] {
	return declare(errand[Q, A]{name: name, write: true, do: do})
}

func declare[Q, A any](e errand[Q, A]) errand[Q, A] {
	errands[e.name] = func(ctx context.Context, d desk, raw []byte) (any, error) {
		var q Q
		if err := json.Unmarshal(raw, &q); err != nil {
			return nil, usage("", "read the request %s: %w", e.name, err)
		}
		return e.do(ctx, d, q)
	}
	return e
}

// run has the errand done by whoever holds the roster, which may be us.
func (e errand[Q, A]) run(ctx context.Context, cfg Config, q Q) (A, error) {
	var a A
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return a, err
	}
	err = askHolder(ctx, path, e.name, q, &a)
	if !errors.Is(err, errNobodyListens) {
		return a, err
	}
	r, err := openRoster(cfg, !e.write, time.Now)
	if err != nil {
		return a, err
	}
	a, err = e.do(ctx, desk{cfg: cfg, roster: r, now: time.Now}, q)
	return a, errors.Join(judgeErrand(err), r.Close())
}

// openRoster opens the roster of the configuration. A reader makes no file where there is none.
func openRoster(cfg Config, readOnly bool, now func() time.Time) (*roster.Roster, error) {
	path := cfg.RosterPath()
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && readOnly:
		return nil, noRoster(cfg)
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
	}
	r, err := roster.Open(path, roster.Options{Timeout: time.Second, ReadOnly: readOnly, Now: now})
	if errors.Is(err, roster.ErrHeld) {
		return nil, held(cfg)
	}
	return r, judgeRoster(err)
}

func noRoster(cfg Config) error {
	return fail(exitNotFound, `run "rollcall sync" first`, "there is no roster at %s yet", cfg.RosterPath())
}

func judgeRoster(err error) error {
	switch {
	case errors.Is(err, roster.ErrForeign):
		return fail(exitDamaged, "nothing was written to it; put a backup in its place, or move it away and run \"rollcall sync\"", "%w", err)
	case errors.Is(err, roster.ErrNewer):
		return fail(exitDamaged, "nothing was written to it; use the newer Rollcall", "%w", err)
	case errors.Is(err, roster.ErrUpgrade):
		return fail(exitDamaged, "nothing is lost: \"rollcall run\" or \"rollcall sync\" brings it up to date", "%w", err)
	case errors.Is(err, roster.ErrOlder):
		return fail(exitDamaged, "it is left as it is; move it away to keep it, and make a new one with \"rollcall sync\"", "%w", err)
	}
	return err
}

// holder is who holds the roster, as it says itself.
type holder struct {
	PID     int                `json:"pid"`
	Command string             `json:"command"`
	Since   membership.Instant `json:"since"`
}

// held is the error of a command that needs the roster for itself while somebody has it.
func held(cfg Config) error {
	const hint = "stop it first, or let it do the work; nothing was changed"
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return err
	}
	var h holder
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := askHolder(ctx, path, "holder", struct{}{}, &h); err != nil {
		return fail(exitHeld, hint, "the roster is held by another process")
	}
	return fail(exitHeld, hint, "the roster is held by \"rollcall %s\" (process %d, since %s)", h.Command, h.PID, h.Since)
}

// officeHandler answers errands beside the work of the process that holds the roster, whose end is the end of stays.
func officeHandler(stays context.Context, d desk, me holder) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/{errand}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
		if err != nil {
			return // the other side went away
		}
		answer, err := answerErrand(r.Context(), d, me, r.PathValue("errand"), body)
		if err != nil && stays.Err() != nil {
			err = cutOff(err)
		}
		reply(w, answer, err)
	})
	return mux
}

func answerErrand(ctx context.Context, d desk, me holder, name string, body []byte) (any, error) {
	if name == "holder" {
		return me, nil
	}
	if d.live != nil {
		d.cfg = d.live.config() // as it was reloaded
	}
	do, ok := errands[name]
	if !ok {
		return nil, fail(exitUsage, "the running process is of another version; restart it", "unknown request %q", name)
	}
	return do(ctx, d, body)
}

// cutOff is what an errand's error means to who asked, once the process stops: its accounts and its patience end before the errand does.
func cutOff(err error) error {
	switch judge(judgeErrand(err)).code {
	case exitUnexpected, exitInterrupted, exitUnreachable:
		return endedBeforeAnswer()
	default:
		return err
	}
}

// endedBeforeAnswer is the error of a command whose errand was cut off by the end of the process that did it.
func endedBeforeAnswer() error {
	return fail(exitUnexpected, "what it had stored is kept; run the command again", "the process that held the roster ended before it answered")
}

// wireError is an error on its way through the socket.
type wireError struct {
	Message string   `json:"message"`
	Hint    string   `json:"hint"`
	Code    exitCode `json:"code"`
}

func reply(w http.ResponseWriter, answer any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		judged := judge(judgeErrand(err))
		w.WriteHeader(http.StatusConflict)
		// A failed write means that the asker is gone.
		_ = json.NewEncoder(w).Encode(wireError{Message: err.Error(), Hint: judged.hint, Code: judged.code}) //nolint:errchkjson // said above
		return
	}
	_ = json.NewEncoder(w).Encode(answer) //nolint:errchkjson // our own types, and likewise
}

// errNobodyListens says that no process answers on the control socket.
var errNobodyListens = errors.New("nobody holds the roster")

func askHolder(ctx context.Context, path, name string, q, a any) error {
	body, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("write the request %s: %w", name, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://rollcall/v1/"+name, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request %s: %w", name, err)
	}
	resp, err := controlClient(path).Do(req)
	if opErr, ok := errors.AsType[*net.OpError](err); ok && opErr.Op == "dial" {
		return errNobodyListens
	}
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
			return endedBeforeAnswer()
		}
		return fmt.Errorf("ask the process that holds the roster: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(a); err != nil {
			return fmt.Errorf("read the answer to %s: %w", name, err)
		}
		return nil
	}
	var refusal wireError
	if err := json.NewDecoder(resp.Body).Decode(&refusal); err != nil || refusal.Message == "" {
		return fmt.Errorf("ask the process that holds the roster: %s", resp.Status)
	}
	return fail(refusal.Code, refusal.Hint, "%s", refusal.Message)
}

// judgeErrand gives the roster's own errors their codes.
func judgeErrand(err error) error {
	switch {
	case errors.Is(err, roster.ErrBreaker):
		return fail(exitBreaker, `nobody lost access; look at the plan, and if it is right, "rollcall prune apply --unsafe-no-breaker PLAN_ID"`, "%w", err)
	case errors.Is(err, roster.ErrPlanStale):
		return fail(exitPlanStale, `nothing was changed; make a new one with "rollcall prune plan"`, "%w", err)
	case errors.Is(err, roster.ErrUnknownPlan):
		return fail(exitNotFound, `"rollcall prune plan" makes one`, "%w", err)
	}
	return judgeRoster(err)
}
