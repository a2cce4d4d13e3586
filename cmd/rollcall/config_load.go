package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// environment is the process's, or a test's.
type environment map[string]string

func newEnvironment(pairs []string) environment {
	env := environment{}
	for _, pair := range pairs {
		name, text, _ := strings.Cut(pair, "=")
		env[name] = text
	}
	return env
}

func (e environment) get(name string) string { return e[name] }

// configVar names the configuration file, as --config does.
const configVar = "ROLLCALL_CONFIG"

// configSource is all that a configuration is made from.
type configSource struct {
	env   environment
	file  string            // --config; empty for none
	flags map[string]string // key -> text of a flag
	names map[string]string // key -> the flag's own name, with its dashes
}

// load reads the configuration: flags before the environment before the file before the defaults.
func (s configSource) load() (Config, error) {
	dirs, err := userFolders(s.env)
	if err != nil {
		return Config{}, err
	}
	c := defaultConfig(dirs)
	l := &configLoader{config: &c, settings: c.settings(), home: dirs.home, origin: map[string]string{}}
	if err := l.file(s.path(dirs)); err != nil {
		return Config{}, err
	}
	if err := errors.Join(l.environment(s.env), l.flags(s.flags, s.names)); err != nil {
		return Config{}, err
	}
	c.origin = l.origin
	return c, c.check()
}

// path is the file to read, and whether it has to be there.
func (s configSource) path(dirs folders) (path string, required bool) {
	switch {
	case s.file != "":
		return s.file, true
	case s.env.get(configVar) != "":
		return s.env.get(configVar), true
	}
	return filepath.Join(dirs.config, "config.yaml"), false
}

type configLoader struct {
	config   *Config
	settings []setting
	home     string
	origin   map[string]string
}

const exampleHint = `"rollcall config example" shows every key`

func (l *configLoader) file(path string, required bool) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find the configuration: %w", err)
	}
	content, err := readLimited(path, maxConfigFile+1)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil
	}
	if err != nil {
		return fail(exitConfig, `"rollcall config example > FILE" writes a new one`, "read the configuration: %w", err)
	}
	l.config.File = path
	entries, problems := parseConfig(content, l.settings)
	for _, e := range entries {
		if err := l.entry(e, filepath.Dir(path)); err != nil {
			problems = append(problems, fmt.Sprintf("%d: %s: %v", e.line, e.key, err))
		}
		if !e.empty() {
			l.origin[e.key] = fmt.Sprintf("%s:%d", path, e.line)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	for i, p := range problems {
		problems[i] = path + ":" + p
	}
	return fail(exitConfig, exampleHint, "%s", strings.Join(problems, "\n"))
}

func (l *configLoader) entry(e entry, base string) error {
	s, _ := findSetting(l.settings, e.key)
	if e.empty() {
		return nil
	}
	if links, ok := s.value.(linksValue); ok {
		return links.setLinks(e.links)
	}
	return l.set(s, e.text, base)
}

// set sets one value; a path is taken relative to base.
func (l *configLoader) set(s setting, text, base string) error {
	if err := s.value.set(text); err != nil {
		return err
	}
	path, ok := s.value.(pathValue)
	if !ok || text == "" {
		return nil
	}
	if rest, home := strings.CutPrefix(text, "~/"); home && l.home != "" {
		text = filepath.Join(l.home, rest)
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(base, text)
	}
	*path.to = filepath.Clean(text)
	return nil
}

// environment takes the ROLLCALL_ variables; an unknown one is as wrong as an unknown key. An empty one is not set. Then systemd's
// credentials stand in for the files of secrets that no variable names.
func (l *configLoader) environment(env environment) error {
	var problems []string
	names := make([]string, 0, len(l.settings))
	for _, s := range l.settings {
		names = append(names, s.envName())
	}
	for _, name := range sortedNames(env) {
		i := slices.Index(names, name)
		switch {
		case env[name] == "" || name == configVar:
		case i < 0:
			problems = append(problems, fmt.Sprintf("unknown variable %s%s", name, didYouMean(name, names)))
		default:
			if err := l.given(l.settings[i], env[name], name); err != nil {
				problems = append(problems, name+": "+err.Error())
			}
		}
	}
	if len(problems) > 0 {
		return fail(exitConfig, exampleHint, "%s", strings.Join(problems, "\n"))
	}
	return l.credentials(env)
}

func sortedNames(env environment) []string {
	var names []string
	for name := range env {
		if strings.HasPrefix(name, "ROLLCALL_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (l *configLoader) credentials(env environment) error {
	dir := env.get("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return nil
	}
	for _, s := range l.settings {
		if !s.secretFile() || l.origin[s.key] == s.envName() {
			continue
		}
		path := filepath.Join(dir, s.credential())
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := l.given(s, path, "credential "+s.credential()); err != nil {
			return fail(exitConfig, "", "credential %s: %w", s.credential(), err)
		}
	}
	return nil
}

func (l *configLoader) flags(flags, names map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		s, ok := findSetting(l.settings, key)
		if !ok {
			return fmt.Errorf("a flag sets the key %q, which does not exist", key)
		}
		if err := l.given(s, flags[key], "flag"); err != nil {
			return usage("", "%s: %w", cmp.Or(names[key], key), err)
		}
	}
	return nil
}

// given sets a value from outside the file, where paths are relative to the working directory.
func (l *configLoader) given(s setting, text, origin string) error {
	wd, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	l.origin[s.key] = origin
	return l.set(s, text, wd)
}

// check is about settings that do not go together.
func (c Config) check() error {
	switch {
	case c.Session.PassphraseFile != "" && c.origin["session.identity_file"] != "":
		return fail(exitConfig, "keep one of the two: a session is sealed with an identity or with a passphrase",
			"session.identity_file (%s) and session.passphrase_file (%s) are both set", c.origin["session.identity_file"], c.origin["session.passphrase_file"])
	case c.Telegram.Server.Address != "" && c.Telegram.Server.PublicKeyFile == "" && !c.Telegram.Server.Test:
		return fail(exitConfig, "set telegram.server.public_key_file, or telegram.server.test for Telegram's own test servers",
			"telegram.server.address is set, and the server's public key is not")
	case c.DataDir == "":
		return fail(exitConfig, exampleHint, "data_dir is empty")
	}
	return nil
}

// readLimited reads at most n bytes of a file.
func readLimited(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, n))
	return content, errors.Join(err, f.Close())
}
