package session_test

import (
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// belongs reports whether a file of this folder is code: a session in it must never be committed.
func belongs(path string) bool {
	return strings.HasSuffix(path, ".go") || path == ".gitignore" || strings.HasPrefix(path, "testdata/")
}

// git runs git in this folder; ok is false where there is no git or no checkout, as in a source archive.
func git(t *testing.T, args ...string) (lines []string, ok bool) {
	t.Helper()
	out, err := exec.Command("git", args...).Output()
	var exit *exec.ExitError
	if errors.Is(err, exec.ErrNotFound) || errors.As(err, &exit) && exit.ExitCode() == 128 {
		return nil, false
	}
	require.NoError(t, err)
	return strings.Fields(string(out)), true
}

func TestFolderHoldsCodeAlone(t *testing.T) {
	// Besides what git tracks, what it would add.
	files, ok := git(t, "ls-files", "--cached", "--others", "--exclude-standard")
	if !ok {
		require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, filepath.ToSlash(path))
			}
			return err
		}))
	}
	require.Contains(t, files, "doc.go")
	for _, f := range files {
		require.True(t, belongs(f), "%s does not belong in session/", f)
	}
}

func TestGitignoreKeepsSessionsOut(t *testing.T) {
	if _, ok := git(t, "rev-parse"); !ok {
		t.Log("not in a git checkout: git's reading of .gitignore cannot be seen")
		return
	}
	for path, kept := range map[string]bool{
		"seal.go": true, "testdata/fuzz/FuzzUnseal/1": true, ".gitignore": true,
		"owner.session.age": false, "bot.json": false, "owner.db": false, "identity.txt": false, "sub/bot.session.age": false,
	} {
		err := exec.Command("git", "check-ignore", "--no-index", "-q", path).Run()
		require.Equal(t, kept, err != nil, path)
	}
}
