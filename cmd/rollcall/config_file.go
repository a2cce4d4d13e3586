package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxConfigFile keeps a device or a database given by mistake out of the parser.
const maxConfigFile = 1 << 20

// entry is one key of a YAML file with what stands there.
type entry struct {
	key   string // dotted
	line  int
	text  string            // of a scalar
	links map[string]string // of a mapping that is a value
}

// empty says that nothing stands there: such a key is not set, as an empty variable is not.
func (e entry) empty() bool { return e.text == "" && e.links == nil }

// parseConfig reads the syntax tree of a configuration file: nested mappings become dotted keys, of which the known ones are returned
// and the others are problems. Dotted keys may be written as they are. Everything that is wrong is found, not only the first.
func parseConfig(content []byte, settings []setting) ([]entry, []string) {
	root, err := parseYAML(content)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if root == nil {
		return nil, nil
	}
	r := &configReader{settings: settings, seen: map[string]int{}}
	r.mapping("", root)
	return r.entries, r.problems
}

type configReader struct {
	settings []setting
	seen     map[string]int // key -> line
	entries  []entry
	problems []string
}

func (r *configReader) problem(line int, format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf("%d: ", line)+fmt.Sprintf(format, args...))
}

// mapping reads the keys below prefix, which is empty or ends in a dot.
func (r *configReader) mapping(prefix string, m *ast.MappingNode) {
	for _, pair := range m.Values {
		line := lineOf(pair)
		name, err := scalar(pair.Key)
		if err != nil {
			r.problem(line, "a key is a plain word")
			continue
		}
		r.pair(prefix+name, line, pair.Value)
	}
}

func (r *configReader) pair(key string, line int, node ast.Node) {
	s, known := findSetting(r.settings, key)
	section := slices.ContainsFunc(r.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
	m := mappingOf(node)
	switch {
	case known:
		r.value(s, line, node)
	case section && isNull(node):
	case section && m == nil:
		r.problem(line, "%s is a section: its keys follow on lines of their own", key)
	case section:
		r.mapping(key+".", m)
	default:
		r.problem(line, "unknown key %q%s", key, didYouMean(key, r.names()))
	}
}

func (r *configReader) value(s setting, line int, node ast.Node) {
	if before, twice := r.seen[s.key]; twice {
		r.problem(line, "%s is there already, in line %d", s.key, before)
		return
	}
	r.seen[s.key] = line
	e := entry{key: s.key, line: line}
	var err error
	switch _, isMap := s.value.(linksValue); {
	case isNull(node):
	case isMap:
		e.links, err = textsOf(mappingOf(node))
	default:
		e.text, err = scalar(node)
	}
	if err != nil {
		r.problem(line, "%s: %v", s.key, err)
		return
	}
	r.entries = append(r.entries, e)
}

// names are all keys and their sections.
func (r *configReader) names() []string {
	var names []string
	for _, s := range r.settings {
		names = append(names, s.key)
		for before, _, ok := cutLast(s.key); ok; before, _, ok = cutLast(before) {
			names = append(names, before)
		}
	}
	return names
}

func didYouMean(name string, among []string) string {
	if known := meant(name, among); known != "" {
		return fmt.Sprintf("; did you mean %q?", known)
	}
	return ""
}

// parseYAML returns the file's one mapping; nil for a file without content.
func parseYAML(content []byte) (root *ast.MappingNode, err error) {
	if len(content) > maxConfigFile {
		return nil, fmt.Errorf("1: this is no configuration file: it has %d bytes", len(content))
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(content, []byte("\ufeff")), 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	for _, doc := range file.Docs {
		m := mappingOf(doc.Body)
		switch {
		case doc.Body == nil || isNull(doc.Body) || doc.Body.Type() == ast.CommentType:
		case m == nil:
			return nil, errors.New("1: this is no configuration file: it has no keys")
		case root != nil:
			return nil, fmt.Errorf("%d: a configuration is one document", lineOf(m))
		default:
			root = m
		}
	}
	return root, nil
}

// syntaxError is the parser's message in one line, with the line's number before it.
func syntaxError(err error) error {
	parsed, ok := errors.AsType[yaml.Error](err)
	if !ok {
		return fmt.Errorf("1: %w", err)
	}
	line := 1
	if t := parsed.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	message := parsed.GetMessage()
	if strings.Contains(message, "reserved character") {
		message += "; put the value in quotes"
	}
	return fmt.Errorf("%d: %s", line, message)
}

// parseMapping reads a YAML mapping of texts, as it stands in an environment variable.
func parseMapping(content []byte) (map[string]string, error) {
	root, err := parseYAML(content)
	if err != nil {
		return nil, errNoTexts
	}
	if root == nil {
		return map[string]string{}, nil
	}
	return textsOf(root)
}

var errNoTexts = errors.New(`it is no mapping of texts, like {course: "https://example.com/course"}`)

func textsOf(m *ast.MappingNode) (map[string]string, error) {
	if m == nil {
		return nil, errNoTexts
	}
	texts := map[string]string{}
	for _, pair := range m.Values {
		name, err := scalar(pair.Key)
		if err != nil {
			return nil, errNoTexts
		}
		if _, twice := texts[name]; twice {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		if texts[name], err = scalar(pair.Value); err != nil || isNull(pair.Value) {
			return nil, fmt.Errorf("%s: it is no text", name)
		}
	}
	return texts, nil
}

// mappingOf is node as a mapping; nil if it is none. The parser has a type of its own for a mapping of one pair.
func mappingOf(node ast.Node) *ast.MappingNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n
	case *ast.MappingValueNode:
		return &ast.MappingNode{BaseNode: n.BaseNode, Start: n.Start, Values: []*ast.MappingValueNode{n}}
	}
	return nil
}

func isNull(node ast.Node) bool {
	_, null := node.(*ast.NullNode)
	return node == nil || null
}

// scalar is the text of a plain or quoted value, as it was written: 0.10 stays 0.10, and yes stays yes.
func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, nil
	case *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		return "", errors.New("anchors, aliases and tags have no meaning here")
	case *ast.SequenceNode:
		return "", errors.New("it takes one value, not a list")
	case *ast.MappingNode, *ast.MappingValueNode:
		return "", errors.New("it takes a value, not keys")
	}
	return "", errors.New("it takes a value")
}

func lineOf(node ast.Node) int {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}
