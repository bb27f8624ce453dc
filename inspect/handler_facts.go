package inspect

import (
	"github.com/lambdalint/lambdalint/inspect/client"
	"github.com/lambdalint/lambdalint/inspect/handler"
)

// Handler is what the Runtime Interface Client is told to call.
type Handler struct {
	// Needed is yes, no or unknown: whether what is started takes a handler that can be looked up.
	Needed string `json:"needed"`
	// Reason says why that is so.
	Reason string `json:"reason"`
	// Language is python, nodejs, ruby or java, "" where none is needed.
	Language string `json:"language"`
	// Targets are the handler that is set, and those behind it that wrappers call, in this order.
	Targets []HandlerTarget `json:"targets"`
}

// HandlerTarget is one handler.
type HandlerTarget struct {
	// Position is 0 for the handler that is set, and counts the wrappers before the others.
	Position int `json:"position"`
	// Value is the handler as it is written.
	Value string `json:"value"`
	// From is CMD or the name of the variable that it is set by.
	From string `json:"from"`
	// File is where it was found, or looked for first.
	File string `json:"file"`
	// Layer is the index of the layer that holds the file, -1 without one.
	Layer int `json:"layer"`
	// Name is the function that is looked for in the file, "" where none is.
	Name string `json:"name"`
	// Problem is not-set, malformed, file-missing, name-missing, not-readable, or "" for none.
	Problem string `json:"problem"`
	// Detail says what is wrong.
	Detail string `json:"detail"`
	// Undecided says why the file or the name could not be judged, "" where they could.
	Undecided string `json:"undecided"`
}

func handlerFacts(found *handler.Result) Handler {
	out := Handler{Needed: found.Needed, Reason: found.Reason, Language: found.Language, Targets: []HandlerTarget{}}
	for i, t := range found.Targets {
		out.Targets = append(out.Targets, HandlerTarget{
			Position: i, Value: t.Value, From: t.From, File: t.File, Layer: t.Layer, Name: t.Name,
			Problem: t.Problem, Detail: t.Detail, Undecided: t.Undecided,
		})
	}
	return out
}

// noHandler is what is known of the handler where no layer was read.
func noHandler() Handler {
	return Handler{Needed: client.Unknown, Reason: "no layer was read", Targets: []HandlerTarget{}}
}
