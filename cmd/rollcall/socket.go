package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxSocketPath is what fits into sockaddr_un on every system that we run on (104 bytes on BSD and macOS, with the closing zero).
const maxSocketPath = 103

// socketPath is where whoever holds the roster listens: beside it, or below XDG_RUNTIME_DIR (else the system's temporary folder) where
// that path would be too long for a socket.
func socketPath(rosterPath string) (string, error) {
	abs, err := filepath.Abs(rosterPath)
	if err != nil {
		return "", fmt.Errorf("find the control socket: %w", err)
	}
	beside := filepath.Join(filepath.Dir(abs), "rollcall.sock")
	if len(beside) <= maxSocketPath {
		return beside, nil
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("rollcall-%d", os.Getuid()))
	} else {
		dir = filepath.Join(dir, "rollcall")
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(dir, hex.EncodeToString(sum[:8])+".sock"), nil
}

// listenControl listens on the control socket. A socket that a dead process left behind is replaced; the roster's lock, which the caller
// holds, is what says that its owner is dead.
func listenControl(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the control socket's folder: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove a stale control socket: %w", err)
	}
	// The umask is the process's: nobody may connect between bind and chmod.
	old := syscall.Umask(0o177)
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("listen on the control socket: %w", err)
	}
	return l, nil
}

const (
	// controlGrace is how long requests under way may go on after the end: those that only read take milliseconds.
	controlGrace = time.Second
	// controlCut is how long they may take to notice that they were cut off.
	controlCut = 2 * time.Second
)

// serveControl answers on the listener until the context ends. Then requests under way have controlGrace to end by themselves; after it their
// contexts end. When it returns, none is under way any more but those that did not heed that.
func serveControl(ctx context.Context, l net.Listener, h http.Handler) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return requests }}
	stopped := make(chan error, 1) // capacity 1: it is received once, or not at all
	stop := context.AfterFunc(ctx, func() { stopped <- stopControl(context.WithoutCancel(ctx), server, cut) })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the control socket: %w", err)
	}
	return <-stopped
}

func stopControl(ctx context.Context, server *http.Server, cut func()) error {
	if err := shutDown(ctx, server, controlGrace); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	cut()
	if err := shutDown(ctx, server, controlCut); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}

func shutDown(ctx context.Context, server *http.Server, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return server.Shutdown(ctx)
}

// controlClient speaks HTTP over the control socket.
func controlClient(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
		},
		DisableKeepAlives: true,
	}}
}
