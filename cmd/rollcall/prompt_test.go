package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipedAsker has lines on standard input and no terminal.
func pipedAsker(t *testing.T, input string) (*asker, *bytes.Buffer) {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	_, err = w.WriteString(input)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	var out bytes.Buffer
	a := newAsker(r, r)
	a.out, a.codePoll = &out, time.Millisecond
	return a, &out
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// Lines of standard input go to the questions in the order asked, and a file to its own.
func TestAnswersInOrder(t *testing.T) {
	a, out := pipedAsker(t, "+49 151\r\n12345\n pass word \nlast")
	ctx := t.Context()
	phone, err := a.line(ctx, question{text: "Phone", file: "-"})
	require.NoError(t, err)
	assert.Equal(t, "+49 151", phone)
	token, err := a.secret(ctx, question{text: "Token", file: secretFile(t, "123:abc\n")})
	require.NoError(t, err)
	assert.Equal(t, "123:abc", token.Reveal())
	code, err := a.code(ctx, question{text: "Code", file: "-"})
	require.NoError(t, err)
	assert.Equal(t, "12345", code)
	password, err := a.secret(ctx, question{text: "Password", file: "-"})
	require.NoError(t, err)
	assert.Equal(t, " pass word ", password.Reveal(), "spaces belong to a password")
	last, err := a.line(ctx, question{text: "Last", file: "-"})
	require.NoError(t, err)
	assert.Equal(t, "last", last)
	_, err = a.line(ctx, question{text: "More", file: "-"})
	assert.Equal(t, exitUsage, judge(err).code)
	assert.Empty(t, out.String(), "nothing is asked where nobody reads")
}

func TestNobodyToAsk(t *testing.T) {
	a, _ := pipedAsker(t, "y\n")
	_, err := a.line(t.Context(), question{text: "Phone number", flag: "--phone", code: exitNotSignedIn})
	assert.Equal(t, exitNotSignedIn, judge(err).code)
	assert.Contains(t, judge(err).hint, "--phone")
	_, err = a.secret(t.Context(), question{text: "Password", flag: "--password-file", code: exitNotSignedIn})
	assert.Contains(t, judge(err).hint, "--password-file")
	_, err = a.confirm(t.Context(), "Revoke 5?")
	assert.Equal(t, exitUsage, judge(err).code)
	assert.Contains(t, judge(err).hint, "--yes")
	a.yes = true
	ok, err := a.confirm(t.Context(), "Revoke 5?")
	require.NoError(t, err)
	assert.True(t, ok)
}

func TestConfirmOnATerminal(t *testing.T) {
	for input, want := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "n\n": false, "yep\n": false} {
		a, out := pipedAsker(t, input)
		a.terminal = true
		got, err := a.confirm(t.Context(), "Revoke \x1b[31m5?")
		require.NoError(t, err)
		assert.Equal(t, want, got, input)
		assert.Equal(t, "Revoke ␛[31m5? [y/N]: ", out.String())
	}
}

// A secret given in place of a file's name does not end up in an error.
func TestAnswerFileErrors(t *testing.T) {
	a, _ := pipedAsker(t, "")
	const mistake = "0123456789abcdef0123456789abcdef"
	_, err := a.secret(t.Context(), question{text: "api_hash", file: mistake})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), mistake)
	_, err = a.secret(t.Context(), question{text: "api_hash", file: secretFile(t, "\n")})
	assert.ErrorIs(t, err, errNoAnswer)
}

// The code's file is empty, or not there, until somebody writes the code; after a wrong one, until there is another.
func TestCodeFile(t *testing.T) {
	a, _ := pipedAsker(t, "")
	path := filepath.Join(t.TempDir(), "code")
	type answer struct {
		code string
		err  error
	}
	ask := func() <-chan answer {
		got := make(chan answer, 1) // capacity 1: the test may have failed
		go func() {
			code, err := a.code(t.Context(), question{text: "Code", file: path})
			got <- answer{code, err}
		}()
		return got
	}
	first := ask()
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.WriteFile(path, []byte("12345\n"), 0o600))
	assert.Equal(t, answer{"12345", nil}, <-first)
	second := ask()
	require.NoError(t, os.WriteFile(path, []byte("67890"), 0o600))
	assert.Equal(t, answer{"67890", nil}, <-second)
}

func TestCodeFileStaysEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asker{codeWait: 5 * time.Minute, codePoll: 200 * time.Millisecond, codesUsed: map[string]string{}}
		began := time.Now()
		_, err := a.code(t.Context(), question{text: "Code", file: filepath.Join(t.TempDir(), "code"), code: exitNotSignedIn})
		assert.Equal(t, exitNotSignedIn, judge(err).code)
		assert.ErrorContains(t, err, "5 min")
		assert.Equal(t, 5*time.Minute, time.Since(began))
	})
}

func TestInterruptedWhileAsking(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	a := newAsker(r, r)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	_, err = a.line(ctx, question{text: "Phone", file: "-"})
	require.ErrorIs(t, err, errInterrupted)
	require.NoError(t, w.Close()) // ends the read that was left behind
	require.NoError(t, r.Close())
}
