package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/world"
)

// scene is a simulated Telegram and a folder that is configured to use it, as an owner would have configured it.
type scene struct {
	stage

	server *tgsim.Server
	dir    string
	picked map[int64]bool
}

// newScene serves a simulator and writes config.yaml and secrets/ into dir.
func newScene(ctx context.Context, dir string, o tgsim.Options) (*scene, error) {
	server, err := tgsim.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &scene{stage: stage{base: server.Ready().Control}, server: server, dir: dir, picked: map[int64]bool{}}
	if err := configure(dir, server.Ready()); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return s, nil
}

// configure writes into dir what an owner who is to use that simulator would have written.
func configure(dir string, r tgsim.Ready) error {
	files := map[string]string{
		"secrets/api_hash": r.APIHash, "secrets/token": r.Bot.Token, "secrets/phone": r.Owner.Phone, "secrets/code": r.Owner.Code,
		"secrets/password": r.Owner.Password,
		"config.yaml": fmt.Sprintf(`group: "@%s"
data_dir: data
telegram:
  api_id: %d
  api_hash_file: secrets/api_hash
  server: {address: "%s", dc: %d, public_key_file: "%s"}
  pace: {interval: 0s}
session: {identity_file: identity.txt}
run: {tail_every: 10s}
bot:
  token_file: secrets/token
  welcome: "Welcome to the reading room."
  links: {course: "https://example.com/course", hours: "We are open from 9 to 5."}
`, r.Group.Username, r.APIID, r.Address, r.DC, r.PublicKeyFile),
	}
	if err := os.MkdirAll(filepath.Join(dir, "secrets"), 0o700); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// environment is what scripts know of the scene.
func (s *scene) environment() map[string]string {
	r := s.server.Ready()
	return map[string]string{
		"ROLLCALL_CONFIG": filepath.Join(s.dir, "config.yaml"), "PHONE": r.Owner.Phone, "OWNER": strconv.FormatInt(r.Owner.UserID, 10),
		"BOT": strconv.FormatInt(r.Bot.UserID, 10), "GROUP": strconv.FormatInt(r.Group.ID, 10), "CONTROL": r.Control,
	}
}

// secrets are the texts that no output, log or file may hold.
func (s *scene) secrets() map[string]string {
	r := s.server.Ready()
	_, tokenSecret, _ := strings.Cut(r.Bot.Token, ":")
	found := map[string]string{
		"phone": strings.TrimPrefix(r.Owner.Phone, "+"), "code": r.Owner.Code, "password": r.Owner.Password, "api_hash": r.APIHash,
		"bot token": tokenSecret,
	}
	for name, text := range found {
		if text == "" {
			delete(found, name)
		}
	}
	return found
}

// pick finds somebody of the group with a status who has a username, lives, is no bot and was not picked before.
func (s *scene) pick(ctx context.Context, status string) (trueMember, error) {
	truth, err := s.members(ctx, s.server.Ready().Group.Username)
	if err != nil {
		return trueMember{}, err
	}
	for _, m := range truth {
		if m.Status == "restricted" && !m.In {
			continue // a restriction outlives its bearer's stay; scripts mean somebody inside
		}
		if m.Status == status && m.Username != "" && !m.Bot && !m.Deleted && !m.Anonymous && !s.picked[m.ID] {
			s.picked[m.ID] = true
			return m, nil
		}
	}
	return trueMember{}, fmt.Errorf("nobody is left whose status is %q", status)
}

// told is what the bot told somebody, a message a string: text, then [button](data or URL) for each button.
func (s *scene) told(ctx context.Context, user int64) ([]string, error) {
	messages, err := s.messages(ctx, user)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, m := range messages {
		lines := []string{m.Text}
		for _, b := range m.Buttons {
			lines = append(lines, fmt.Sprintf("[%s](%s%s)", b.Text, b.Data, b.URL))
		}
		texts = append(texts, strings.Join(lines, "\n"))
	}
	return texts, nil
}

// end ends every login of one of the accounts, as somebody does on another device.
func (s *scene) end(account string) error {
	r := s.server.Ready()
	id := r.Owner.UserID
	if account == "bot" {
		id = r.Bot.UserID
	}
	return s.server.EndSessions(world.UserID(id))
}

// disagreements compares `members --json` with the truth.
func (s *scene) disagreements(ctx context.Context, output []byte) ([]string, error) {
	truth, err := s.members(ctx, s.server.Ready().Group.Username)
	if err != nil {
		return nil, err
	}
	var roll rollOutput
	if err := json.Unmarshal(output, &roll); err != nil {
		return nil, fmt.Errorf("read the roll: %w", err)
	}
	if len(roll.Data) < len(truth)/2 {
		return nil, fmt.Errorf("the roll has %d rows, the truth %d", len(roll.Data), len(truth))
	}
	return compareRoll(truth, roll.Data).differences, nil
}

// pollEvery is how often a condition is looked at that cannot be waited for otherwise.
const pollEvery = 20 * time.Millisecond

// eventually asks until the condition holds; the error says what was last in its way.
func eventually(limit time.Duration, condition func() error) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		select {
		case <-deadline.C:
			return fmt.Errorf("within %s: %w", limit, err)
		case <-tick.C:
		}
	}
}

// impostor is a server that is not Telegram: it listens, and either says nothing or talks nonsense.
type impostor struct {
	listener net.Listener
	served   sync.WaitGroup
}

func newImpostor(talks bool) (*impostor, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	i := &impostor{listener: l}
	i.served.Go(func() { i.serve(talks) })
	return i, nil
}

func (i *impostor) serve(talks bool) {
	for {
		conn, err := i.listener.Accept()
		if err != nil {
			return
		}
		i.served.Go(func() {
			defer func() { _ = conn.Close() }()
			if talks {
				_, _ = io.WriteString(conn, strings.Repeat("HTTP/1.1 400 Bad Request\r\n\r\n", 100))
			}
			_, _ = io.Copy(io.Discard, conn) // until the other side goes
		})
	}
}

func (i *impostor) address() string { return i.listener.Addr().String() }

// close stops listening; those who are connected are waited for.
func (i *impostor) close() {
	_ = i.listener.Close()
	i.served.Wait()
}

// findSecrets looks for secrets in files and below folders.
func findSecrets(secrets map[string]string, paths []string) ([]string, error) {
	var found []string
	files := 0
	for _, path := range paths {
		err := filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			files++
			content, err := os.ReadFile(path)
			for name, text := range secrets {
				if contains(content, text) {
					found = append(found, path+": "+name)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if files == 0 || len(secrets) == 0 {
		return nil, errors.New("there is nothing to look for, or nowhere to look")
	}
	return found, nil
}

// contains finds a text. Five digits alone are a code only where they are no part of a longer number.
func contains(content []byte, text string) bool {
	if len(text) > 5 {
		return bytes.Contains(content, []byte(text))
	}
	return regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(text) + `([^0-9A-Za-z]|$)`).Match(content)
}
