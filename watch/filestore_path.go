package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const mostLinks = 40 // that lead to a file, one to the next

// storePath finds the file that a path leads to, or would lead to if it were
// there, and says what is wrong with it as early as that can be known.
func storePath(path string) (string, error) {
	if path == "" {
		return "", errors.New("the name of the file is empty")
	}
	at, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for range mostLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(at))
		if err != nil {
			return "", fmt.Errorf("its directory cannot be used, make it first: %w", err)
		}
		at = filepath.Join(dir, filepath.Base(at))
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return at, nil
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink == 0:
			return at, fileOnly(info)
		}
		to, err := os.Readlink(at)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		at = to
	}
	return "", errors.New("there are too many symbolic links, one to the next")
}

// fileOnly says what is wrong with something that is no file.
func fileOnly(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a directory; give the name of a file in it")
	case !info.Mode().IsRegular():
		return errors.New("it is not a file")
	}
	return nil
}

// lockError adds what a person needs to know to an error of lockFile.
func lockError(err error) error {
	if errors.Is(err, ErrInUse) {
		return err
	}
	return fmt.Errorf("its lock file cannot be made beside it: %w", err)
}
