package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// HoldLimit is the size in bytes up to which a file is held in memory for
// questions that need random access. Larger ones are held one at a time in an
// unlinked temporary file.
const HoldLimit = 16 << 20

// Question is one small question about one file's bytes. Its answer is JSON
// and a pure function of these bytes. Exactly one of Ask and Scan is set.
type Question struct {
	// Name names the question and the version of its answer, such as "elf/1".
	Name string
	// Ask answers with random access to the file.
	Ask func(io.ReaderAt, int64) ([]byte, error)
	// Scan answers from the bytes as they stream by; for files of any size.
	Scan func(size int64) Scanner
}

// Scanner is fed a whole file in order and then asked.
type Scanner interface {
	io.Writer
	Answer() ([]byte, error)
}

// Answer is what came out of a question: JSON, or why there is none.
type Answer struct {
	JSON []byte `json:"json,omitempty"`
	// Failed says why the question could not be answered: a corrupt file, a
	// bound that was hit. It is an answer too, and is cached as one.
	Failed string `json:"failed,omitempty"`
}

// Answers holds answers by the entry's position in the index and the
// question's name.
type Answers map[int]map[string]Answer

func (a Answers) put(entry int, question string, answer Answer) {
	if a[entry] == nil {
		a[entry] = make(map[string]Answer)
	}
	a[entry][question] = answer
}

// Ask says which questions to put to an entry, which has its Head filled in.
// It is called once for each regular file.
type Ask func(position int, entry *Entry) []Question

// answerAll puts questions to one file whose content is r, size bytes long.
func answerAll(ctx context.Context, questions []Question, r io.Reader, size int64, hold *holder, put func(string, Answer)) error {
	if len(questions) == 0 {
		return nil
	}
	var scanners []Scanner
	var random []Question
	var names []string
	for _, q := range questions {
		if q.Scan != nil {
			scanners = append(scanners, q.Scan(size))
			names = append(names, q.Name)
		} else {
			random = append(random, q)
		}
	}
	sink := io.Discard
	if len(scanners) > 0 {
		writers := make([]io.Writer, len(scanners))
		for i, s := range scanners {
			writers[i] = s
		}
		sink = io.MultiWriter(writers...)
	}
	if len(random) == 0 {
		if _, err := io.Copy(sink, contextReader{ctx, r}); err != nil {
			return err
		}
	} else {
		at, err := hold.hold(contextReader{ctx, r}, sink, size)
		if err != nil {
			return err
		}
		for _, q := range random {
			put(q.Name, safely(q.Name, func() ([]byte, error) { return q.Ask(at, size) }))
		}
	}
	for i, s := range scanners {
		put(names[i], safely(names[i], s.Answer))
	}
	return nil
}

// safely answers a question. A parser of hostile bytes that panics has failed
// to answer; it must not take the run with it.
func safely(name string, ask func() ([]byte, error)) (answer Answer) {
	defer func() {
		if p := recover(); p != nil {
			answer = Answer{Failed: fmt.Sprintf("question %s panicked: %v", name, p)}
		}
	}()
	data, err := ask()
	if err != nil {
		return Answer{Failed: err.Error()}
	}
	return Answer{JSON: data}
}

// holder gives random access to one file at a time.
type holder struct {
	buffer []byte
	file   *os.File
}

func (h *holder) hold(r io.Reader, tee io.Writer, size int64) (io.ReaderAt, error) {
	if size <= HoldLimit {
		if int64(cap(h.buffer)) < size {
			h.buffer = make([]byte, size)
		}
		h.buffer = h.buffer[:size]
		if _, err := io.ReadFull(r, h.buffer); err != nil {
			return nil, err
		}
		if _, err := tee.Write(h.buffer); err != nil {
			return nil, err
		}
		return sliceReader(h.buffer), nil
	}
	if h.file == nil {
		file, err := os.CreateTemp("", "lambdalint-hold-")
		if err != nil {
			return nil, fmt.Errorf("making a temporary file for a file of %d bytes: %w", size, err)
		}
		h.file = file
		// Where the system allows it the name goes at once, so that nothing
		// is left even after a kill; elsewhere close removes it.
		_ = os.Remove(file.Name())
	}
	if err := h.file.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := h.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if _, err := io.Copy(h.file, io.TeeReader(r, tee)); err != nil {
		return nil, fmt.Errorf("holding a file of %d bytes: %w", size, err)
	}
	return h.file, nil
}

func (h *holder) close() error {
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	if remove := os.Remove(h.file.Name()); remove != nil && !errors.Is(remove, os.ErrNotExist) {
		err = errors.Join(err, remove)
	}
	h.file = nil
	return err
}

type sliceReader []byte

func (s sliceReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(s)) {
		return 0, io.EOF
	}
	n := copy(p, s[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// contextReader ends a read when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// AnswerBytes answers a question about a file that is at hand.
func AnswerBytes(q Question, data []byte) Answer {
	if q.Scan == nil {
		return safely(q.Name, func() ([]byte, error) { return q.Ask(sliceReader(data), int64(len(data))) })
	}
	scanner := q.Scan(int64(len(data)))
	return safely(q.Name, func() ([]byte, error) {
		if _, err := scanner.Write(data); err != nil {
			return nil, err
		}
		return scanner.Answer()
	})
}
