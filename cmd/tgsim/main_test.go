package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
)

// buffer may be written while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serving runs "tgsim serve" with args until the test calls end, which returns the exit code.
func serving(t *testing.T, stdout, stderr *buffer, args ...string) (end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"serve"}, args...), stdout, stderr) }()
	end = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { end() })
	return end
}

func TestServeWritesTheReadyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ready.json")
	var stdout, stderr buffer
	end := serving(t, &stdout, &stderr,
		"--listen", "127.0.0.1:0", "--members", "60", "--seed", "7", "--ready", path, "--no-password")
	var r tgsim.Ready
	require.Eventually(t, func() bool {
		data, err := os.ReadFile(path)
		return err == nil && assert.NoError(t, json.Unmarshal(data, &r), "the file must never be half there")
	}, 10*time.Second, 5*time.Millisecond)
	assert.NotEmpty(t, r.Owner.Phone)
	assert.Empty(t, r.Owner.Password)
	assert.NotEmpty(t, r.Control)
	assert.Equal(t, 0, end())
	assert.Empty(t, stdout.String())
	assert.Contains(t, stderr.String(), r.Address)
	assert.NotContains(t, stderr.String(), r.Bot.Token)
	assert.NoFileExists(t, path)
}

func TestServePrintsWithoutAReadyFile(t *testing.T) {
	var stdout, stderr buffer
	end := serving(t, &stdout, &stderr, "--members", "60", "-v", "--no-flood-waits")
	var r tgsim.Ready
	require.Eventually(t, func() bool { return json.Unmarshal([]byte(stdout.String()), &r) == nil }, 10*time.Second, 5*time.Millisecond)
	assert.FileExists(t, r.PublicKeyFile)
	assert.Equal(t, 0, end())
	assert.NoFileExists(t, r.PublicKeyFile)
}

// gone is a reader that has gone away, as head does.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestServeEndsWhenNobodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ready.json")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	assert.Equal(t, exitUnexpected, run(ctx, []string{"serve", "--members", "50", "--chatter", "1ms", "--ready", path}, gone{}, gone{}))
	require.NoError(t, ctx.Err(), "it ends by itself")
	assert.NoFileExists(t, path)
}

func TestCommandLineMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown command":  {[]string{"swerve"}, exitUsage, `"swerve"`},
		"unknown flag":     {[]string{"serve", "--memers", "3"}, exitUsage, "--memers"},
		"argument":         {[]string{"serve", "now"}, exitUsage, `"now"`},
		"no number":        {[]string{"serve", "--members", "many"}, exitUsage, "many"},
		"too few":          {[]string{"serve", "--members", "1"}, exitUsage, "between 2 and 200000"},
		"too many":         {[]string{"serve", "--members", "200001"}, exitUsage, "between 2 and 200000"},
		"no address":       {[]string{"serve", "--listen", "here"}, exitUsage, `"here"`},
		"every address":    {[]string{"serve", "--listen", "0.0.0.0:0"}, exitUsage, "no address"},
		"no host":          {[]string{"serve", "--listen", ":0"}, exitUsage, "no address"},
		"negative chatter": {[]string{"serve", "--chatter", "-1s"}, exitUsage, "negative"},
		"negative churn":   {[]string{"serve", "--churn", "-1"}, exitUsage, "negative"},
		"no profile":       {[]string{"serve", "--profile", "xx"}, exitUsage, "xx"},
		"few to hide":      {[]string{"serve", "--hidden", "--members", "50"}, exitUsage, "100 members"},
		"no data center":   {[]string{"serve", "--dcs", "0"}, exitUsage, "between 1 and 5"},
		"no search cap":    {[]string{"serve", "--search-cap", "0"}, exitUsage, "between 1 and"},
		"bad search":       {[]string{"serve", "--search", "outer"}, exitUsage, "transliterate"},
		"bad lists":        {[]string{"serve", "--lists", "cap=many"}, exitUsage, "number"},
		"bad budget":       {[]string{"serve", "--budgets", "messages.send=1/1"}, exitUsage, "messages.send"},
		"two budgets":      {[]string{"serve", "--budgets", "default", "--no-flood-waits"}, exitUsage, "exclude"},
		"bad fault":        {[]string{"serve", "--fault", "lose calls"}, exitUsage, `"lose"`},
		"bad group":        {[]string{"serve", "--group", "A,large"}, exitUsage, `"large"`},
		"bad joins":        {[]string{"serve", "--joins", "guarded=all"}, exitUsage, "number"},
		"bad messages":     {[]string{"serve", "--messages", "kept=x"}, exitUsage, "number"},
		"bad logins":       {[]string{"serve", "--logins", "quiet=yes"}, exitUsage, "takes no value"},
		"bad login time":   {[]string{"serve", "--logins", "code-life=0s"}, exitUsage, "a time like 90s"},
		"no login rule":    {[]string{"serve", "--logins", "loud"}, exitUsage, "code-life, fresh-age, quiet"},
		"negative pack":    {[]string{"serve", "--pack-over", "-1"}, exitUsage, "negative"},
		"short salts":      {[]string{"serve", "--salt-life", "1ms"}, exitUsage, "less than a second"},
		"bad login tries":  {[]string{"serve", "--logins", "tries=0"}, exitUsage, "from 1, or never"},
		"one name twice":   {[]string{"serve", "--group", "A,username=rooms", "--group", "B,username=rooms"}, exitUsage, "is taken"},
		"the first's name": {[]string{"serve", "--group", "A,username=lantern_street"}, exitUnexpected, "the name is taken"},
		"nothing to link":  {[]string{"serve", "--group", "A,linked=rooms"}, exitUsage, "to be linked"},
		"nothing before":   {[]string{"serve", "--group", "A,linked=-"}, exitUsage, "to be linked"},
		"bad clock":        {[]string{"serve", "--clock", "noon"}, exitUsage, `"noon"`},
		"early clock":      {[]string{"serve", "--clock", "1970-01-01T00:00:00Z"}, exitUsage, "1980"},
		"bad play flag":    {[]string{"play", "--clock", "noon", "--fast", os.DevNull}, exitUsage, `"noon"`},
		"play's help":      {[]string{"play", "--help"}, exitOK, ""},
		"nowhere to write": {[]string{"serve", "--ready", filepath.Join(t.TempDir(), "no", "file")}, exitUnexpected, "no such file"},
		"help":             {[]string{"serve", "--help"}, exitOK, ""},
		"nothing":          {nil, exitOK, ""},
		"version":          {[]string{"--version"}, exitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr buffer
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // what is no mistake serves
			defer cancel()
			assert.Equal(t, c.code, run(ctx, c.args, &stdout, &stderr), stderr.String())
			assert.Contains(t, stderr.String(), c.says)
			assert.Equal(t, c.code == exitOK, stdout.String() != "")
		})
	}
}
