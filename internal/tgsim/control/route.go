package control

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// routes are the handlers by path and method. http.ServeMux answers what it does not know in plain text.
type routes map[string]map[string]http.HandlerFunc

// ServeHTTP implements http.Handler.
func (rs routes) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if err := local(r); err != nil {
		fail(rw, http.StatusForbidden, err)
		return
	}
	methods := rs[r.URL.Path]
	if methods == nil {
		fail(rw, http.StatusNotFound, fmt.Errorf("there is no %s", r.URL.Path))
		return
	}
	if do := methods[r.Method]; do != nil {
		do(rw, r)
		return
	}
	allowed := make([]string, 0, len(methods))
	for name := range methods {
		allowed = append(allowed, name)
	}
	slices.Sort(allowed)
	rw.Header().Set("Allow", strings.Join(allowed, ", "))
	fail(rw, http.StatusMethodNotAllowed, fmt.Errorf("%s takes %s", r.URL.Path, strings.Join(allowed, ", ")))
}

// local refuses what a web page has a browser send: a name that its owner points at this machine, or a foreign origin.
func local(r *http.Request) error {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	if ip := net.ParseIP(host); !strings.EqualFold(host, "localhost") && (ip == nil || !ip.IsLoopback()) {
		return errors.New("the control face is reached by a loopback address")
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return errors.New("the control face is not for other origins")
	}
	return nil
}
