// Package internal_test holds the house together: which package may import which (the table of the design), and a few habits that
// keep files readable. It reads the source itself. A test that asked `go list` would be answered from the test cache and miss a new
// violation; what this one opens, the cache notices.
package internal_test

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "rollcall"

// room is one row of the table. Names of other modules cover what is below them; the standard library is everybody's.
type room struct {
	pkg    string // below the module
	floor  int
	ours   []string
	others []string
	// not are imports that stay out although a row above would let them in.
	not []string
}

const (
	side     = -1 // the simulator stands beside the house
	anything = "*"
)

// Rooms of one floor never import each other, and nobody imports upwards.
var rooms = []room{
	{pkg: "internal/membership", floor: 0, not: []string{"context", "io", "net", "os", "syscall", "log", "log/slog"}},

	{pkg: "internal/tlmap", floor: 1, ours: []string{"internal/membership"}, others: []string{"github.com/gotd/td"}},
	{
		pkg: "internal/roster", floor: 1, ours: []string{"internal/membership"},
		others: []string{"go.etcd.io/bbolt", "google.golang.org/protobuf/encoding/protowire"},
	},
	{
		pkg: "internal/walk", floor: 1, ours: []string{"internal/membership"}, others: []string{"golang.org/x/text"},
		not: []string{"context", "io", "net", "os", "syscall", "log", "log/slog", "time"},
	},
	{pkg: "internal/report", floor: 1, ours: []string{"internal/membership"}, others: []string{"github.com/xuri/excelize/v2"}},
	{pkg: "session", floor: 1, others: []string{
		"github.com/gotd/td", "github.com/gotd/contrib", "github.com/gotd/log/logzap", "go.etcd.io/bbolt", "filippo.io/age",
		"go.uber.org/zap", "golang.org/x/time/rate",
		"github.com/cenkalti/backoff/v4", // td's reconnection option takes its type
	}},

	{
		pkg: "internal/supergroup", floor: 2, ours: []string{"internal/membership", "internal/tlmap"},
		others: []string{"github.com/gotd/td"}, not: []string{"github.com/gotd/td/tgerr"},
	},
	{
		pkg: "internal/bot", floor: 2, ours: []string{"internal/membership", "internal/tlmap"},
		others: []string{"github.com/gotd/td", "github.com/nicksnyder/go-i18n/v2", "golang.org/x/text"},
		not:    []string{"github.com/gotd/td/tgerr"},
	},

	{
		pkg: "internal/gatekeeper", floor: 3, ours: []string{"internal/membership", "internal/walk"},
		others: []string{"go.uber.org/zap", "golang.org/x/sync", "github.com/go-co-op/gocron/v2"},
	},

	{pkg: "cmd/rollcall", floor: 4, ours: []string{anything}, others: []string{anything}},
	{pkg: "cmd/tgsim", floor: 4, ours: []string{simulator}, others: []string{anything}},

	{pkg: simulator, floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/mtproto", floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/world", floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/rpc", floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/people", floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/clock", floor: side},
	{pkg: simulator + "/fault", floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/scenario", floor: side, ours: []string{simulator}, others: simulatorUses},
	{pkg: simulator + "/control", floor: side, ours: []string{simulator}, others: simulatorUses},
}

const simulator = "internal/tgsim"

// simulatorUses: an errgroup beside td, since its servers are goroutines that somebody has to wait for, and x/text, since its search
// folds names.
var simulatorUses = []string{"github.com/gotd/td", "golang.org/x/sync", "golang.org/x/text"}

// testOnly links test code into whatever imports it.
var testOnly = []string{
	"testing", "github.com/stretchr/testify", "pgregory.net/rapid", "go.uber.org/goleak", "github.com/rogpeppe/go-internal",
	"github.com/gotd/td/tgtest",
}

// source is one file of the module.
type source struct {
	name    string // below the module's root, with slashes
	pkg     string // its folder
	imports []string
	lines   int
	doc     string // the first comment
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// TestFloors checks every import of every file against the table.
func TestFloors(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg == "internal" {
			continue // this test
		}
		i := slices.IndexFunc(rooms, func(r room) bool { return r.pkg == s.pkg })
		if !assert.NotEqual(t, -1, i, "%s: the package has no row in the table", s.name) {
			continue
		}
		for _, imported := range s.imports {
			assert.Empty(t, rooms[i].objection(s, imported), "%s imports %s", s.name, imported)
		}
	}
}

// TestRules shows that the table refuses what it should: a checker that lets everything through looks like a tidy house.
func TestRules(t *testing.T) {
	cases := []struct {
		file, imported string
		ok             bool
	}{
		{"internal/membership/fold.go", "time", true},
		{"internal/membership/fold.go", "os", false},
		{"internal/membership/fold.go", "net/http", false},
		{"internal/membership/fold.go", "rollcall/internal/roster", false},
		{"internal/membership/fold_test.go", "os", true},
		{"internal/roster/open.go", "go.etcd.io/bbolt", true},
		{"internal/roster/open.go", "go.etcd.io/bbolt/errors", true},
		{"internal/roster/open.go", "go.etcd.io/bboltx", false},
		{"internal/roster/open.go", "rollcall/internal/report", false},
		{"internal/roster/open_test.go", "rollcall/internal/report", false},
		{"internal/supergroup/page.go", "github.com/gotd/td/tg", true},
		{"internal/supergroup/page.go", "github.com/gotd/td/tgerr", false},
		{"internal/supergroup/page.go", "rollcall/internal/bot", false},
		{"internal/supergroup/page_test.go", "rollcall/internal/tgsim/world", true},
		{"internal/supergroup/page.go", "rollcall/internal/tgsim/world", false},
		{"internal/gatekeeper/ingest.go", "rollcall/internal/roster", false},
		{"internal/gatekeeper/ingest_test.go", "rollcall/internal/roster", true},
		{"internal/gatekeeper/ingest_test.go", "rollcall/cmd/rollcall", false},
		{"internal/report/csv.go", "testing", false},
		{"internal/report/csv.go", "testing/iotest", false},
		{"cmd/rollcall/demo.go", "rollcall/internal/tgsim", true},
		{"cmd/rollcall/demo_story.go", "rollcall/internal/tgsim/control", true},
		{"cmd/rollcall/sync.go", "rollcall/internal/tgsim", false},
		{"cmd/rollcall/sync.go", "rollcall/internal/roster", true},
		{"cmd/rollcall/sync.go", "github.com/stretchr/testify/require", false},
		{"cmd/tgsim/main.go", "rollcall/internal/tgsim", true},
		{"cmd/tgsim/main.go", "rollcall/internal/membership", false},
		{"internal/tgsim/world/ban.go", "rollcall/internal/membership", false},
		{"internal/tgsim/rpc/users.go", "rollcall/internal/tgsim/world", true},
	}
	for _, c := range cases {
		s := source{name: c.file, pkg: path.Dir(c.file)}
		i := slices.IndexFunc(rooms, func(r room) bool { return r.pkg == s.pkg })
		require.NotEqual(t, -1, i, c.file)
		assert.Equal(t, c.ok, rooms[i].objection(s, c.imported) == "", "%s imports %s", c.file, c.imported)
	}
}

// TestPackages checks that every package says in doc.go what it promises.
func TestPackages(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.pkg] = documented[s.pkg] || path.Base(s.name) == "doc.go" || s.pkg == "internal"
	}
	for pkg, ok := range documented {
		assert.True(t, ok, "%s has no doc.go", pkg)
	}
}

// TestFileLength checks that a file over 400 lines says in its first comment why it is one ("… in one file because …").
func TestFileLength(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > 400 {
			assert.Contains(t, s.doc, "one file because", "%s has %d lines; its first comment gives no reason", s.name, s.lines)
		}
	}
}

// objection is why s may not import what it imports; empty if it may.
func (r room) objection(s source, imported string) string {
	own, isOurs := strings.CutPrefix(imported, module+"/")
	switch {
	case isOurs && below(own, simulator):
		return r.simulatorObjection(s)
	case isOurs && s.test():
		return r.testObjection(own)
	case isOurs && own == r.pkg:
		return "a package cannot import itself"
	case isOurs && !slices.Contains(r.ours, own) && !slices.Contains(r.ours, anything):
		return "not in its row"
	case isOurs:
		return r.upwards(own)
	case s.test():
		return ""
	case covers(testOnly, imported):
		return "links test code"
	case covers(r.not, imported):
		return "kept out of this package"
	case standard(imported), slices.Contains(r.others, anything), covers(r.others, imported):
		return ""
	}
	return "not in its row"
}

// simulatorObjection: the simulator is its own parts', cmd/tgsim's, the demo's and the tests'.
func (r room) simulatorObjection(s source) string {
	demo := r.pkg == "cmd/rollcall" && strings.HasPrefix(path.Base(s.name), "demo")
	if s.test() || demo || slices.Contains(r.ours, simulator) {
		return ""
	}
	return "the product meets the simulator by address, as it meets Telegram"
}

// testObjection: a test may use what stands below (the real roster under the gatekeeper).
func (r room) testObjection(own string) string {
	if own == r.pkg {
		return ""
	}
	return r.upwards(own)
}

func (r room) upwards(own string) string {
	i := slices.IndexFunc(rooms, func(o room) bool { return o.pkg == own })
	if i < 0 {
		return "no such row"
	}
	if r.floor == side || rooms[i].floor >= r.floor {
		return "not below it"
	}
	return ""
}

func covers(list []string, imported string) bool {
	return slices.ContainsFunc(list, func(root string) bool { return below(imported, root) })
}

func below(name, root string) bool { return name == root || strings.HasPrefix(name, root+"/") }

func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module
}

// sources are the module's files that the go command would build, and their tests.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	for _, top := range []string{"cmd", "internal", "session"} {
		root := filepath.Join("..", top)
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "testdata":
				return fs.SkipDir
			case d.IsDir() || filepath.Ext(name) != ".go":
				return nil
			}
			dir, base := filepath.Split(name)
			if match, err := build.Default.MatchFile(dir, base); err != nil || !match {
				return err
			}
			found = append(found, read(t, name))
			return nil
		})
		require.NoError(t, err)
	}
	require.NotEmpty(t, found)
	return found
}

func read(t *testing.T, name string) source {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ImportsOnly|parser.ParseComments)
	require.NoError(t, err)
	rel, err := filepath.Rel("..", name)
	require.NoError(t, err)
	s := source{name: filepath.ToSlash(rel), lines: bytes.Count(content, []byte("\n")), doc: firstComment(file)}
	s.pkg = path.Dir(s.name)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		s.imports = append(s.imports, imported)
	}
	return s
}

func firstComment(file *ast.File) string {
	if len(file.Comments) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(file.Comments[0].Text()), " ")
}
