package layer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// ahead inflates on a goroutine of its own, so that hashing the uncompressed
// bytes and walking the archive go on beside it: with two processors a layer
// takes as long as its inflation and no longer.
type ahead struct {
	blocks chan block
	free   chan []byte
	quit   chan struct{}
	done   chan struct{}

	hash    hash.Hash
	current []byte // the rest of the block that is being read
	buffer  []byte // the whole of it, to be given back
	err     error
	total   int64
}

type block struct {
	data []byte
	err  error
}

const (
	aheadBlocks = 6
	aheadSize   = 256 << 10
)

func readAhead(ctx context.Context, r io.Reader) *ahead {
	a := &ahead{
		blocks: make(chan block, aheadBlocks), free: make(chan []byte, aheadBlocks),
		quit: make(chan struct{}), done: make(chan struct{}), hash: sha256.New(),
	}
	for range aheadBlocks {
		a.free <- make([]byte, aheadSize)
	}
	go a.fill(ctx, r)
	return a
}

func (a *ahead) fill(ctx context.Context, r io.Reader) {
	defer close(a.done)
	for {
		var buffer []byte
		select {
		case buffer = <-a.free:
		case <-a.quit:
			return
		}
		n, err := fillBlock(ctx, r, buffer)
		select {
		case a.blocks <- block{data: buffer[:n], err: err}:
		case <-a.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// fillBlock reads until the block is full or the reader ends. Unlike
// io.ReadFull it hands on the reader's own error, so that a stream that ends
// and one that is cut off stay apart.
func fillBlock(ctx context.Context, r io.Reader, buffer []byte) (int, error) {
	n := 0
	for n < len(buffer) {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		m, err := r.Read(buffer[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.current) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.buffer != nil {
			a.free <- a.buffer
		}
		next := <-a.blocks
		a.buffer, a.current, a.err = next.data[:cap(next.data)], next.data, next.err
		a.hash.Write(next.data)
		a.total += int64(len(next.data))
	}
	n := copy(p, a.current)
	a.current = a.current[n:]
	return n, nil
}

// offset is how many bytes have been read.
func (a *ahead) offset() int64 { return a.total - int64(len(a.current)) }

// diffID is the hash of all bytes, once the end has been read.
func (a *ahead) diffID() string { return "sha256:" + hex.EncodeToString(a.hash.Sum(nil)) }

// stop ends the goroutine and waits for it: it reads from a stream that the
// caller is about to close.
func (a *ahead) stop() {
	close(a.quit)
	<-a.done
}
