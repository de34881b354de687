// SPDX-License-Identifier: MIT
// The peer in Go: three routes of setlink over its own tables, as a user of
// net/http, go-sql-driver and minio-go would write them.
package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const expires = time.Hour

type server struct {
	find   *sql.Stmt
	list   *sql.Stmt
	minio  *minio.Client
	bucket string
	public string
}

type recording struct {
	ID       uuid.UUID         `json:"id"`
	Recorder uuid.UUID         `json:"recorder_id"`
	Name     string            `json:"name"`
	Start    *time.Time        `json:"start_time"`
	End      *time.Time        `json:"end_time"`
	Duration int64             `json:"duration_seconds"`
	Audio    *float64          `json:"audio_seconds"`
	Closed   bool              `json:"is_closed"`
	Keep     bool              `json:"keep"`
	Files    map[string]string `json:"files"`
}

var files = map[string]struct{ name, contentType, extension string }{
	"ogg":      {"data.ogg", "audio/ogg", "ogg"},
	"flac":     {"data.flac", "audio/flac", "flac"},
	"waveform": {"waveform.dat", "application/octet-stream", "dat"},
	"overview": {"overview.png", "image/png", "png"},
}

func fail(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{
		"title": http.StatusText(status), "status": status, "detail": detail})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		slog.Error("answer", "error", err)
	}
}

func (s *server) download(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("id"))
	file, known := files[r.PathValue("format")]
	if err != nil || !known {
		fail(w, http.StatusBadRequest, "session_id: must be a UUID")
		return
	}
	var dj string
	var started time.Time
	var recorder, rec []byte
	var gone sql.NullTime
	var sizes [4]sql.NullInt64
	err = s.find.QueryRowContext(r.Context(), id[:]).Scan(&dj, &started,
		&recorder, &rec, &gone, &sizes[0], &sizes[1], &sizes[2], &sizes[3])
	switch {
	case errors.Is(err, sql.ErrNoRows):
		fail(w, http.StatusNotFound, "there is no such session")
		return
	case err != nil:
		slog.Error("find", "error", err)
		fail(w, http.StatusServiceUnavailable, "the database is away")
		return
	case len(recorder) != 16 || gone.Valid:
		fail(w, http.StatusNotFound, "no recording is linked")
		return
	}
	key := fmt.Sprintf("%s/sessions/%s/%s", uuid.UUID(recorder),
		uuid.UUID(rec), file.name)
	name := dj + " " + started.Format("2006-01-02") + "." + file.extension
	link, err := s.minio.PresignedGetObject(r.Context(), s.bucket, key, expires,
		url.Values{
			"response-content-type": {file.contentType},
			"response-content-disposition": {fmt.Sprintf(
				"attachment; filename=%q; filename*=UTF-8''%s", name,
				url.PathEscape(name))},
		})
	if err != nil {
		fail(w, http.StatusInternalServerError, "cannot sign")
		return
	}
	answer(w, map[string]any{"url": link.String(),
		"expires_in_seconds": int(expires.Seconds()),
		"format":             r.PathValue("format")})
}

func (s *server) available(w http.ResponseWriter, r *http.Request) {
	limit := 100
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			fail(w, http.StatusBadRequest, "limit: must be 1 to 1000")
			return
		}
		limit = n
	}
	rows, err := s.list.QueryContext(r.Context(), limit)
	if err != nil {
		slog.Error("list", "error", err)
		fail(w, http.StatusServiceUnavailable, "the database is away")
		return
	}
	defer rows.Close()
	page := []recording{}
	for rows.Next() {
		var one recording
		var recorder, id []byte
		var duration, audio sql.NullInt64
		var sizes [4]sql.NullInt64
		if err := rows.Scan(&recorder, &id, &one.Name, &one.Start, &one.End,
			&duration, &one.Closed, &one.Keep, &sizes[0], &sizes[1],
			&sizes[2], &sizes[3], &audio); err != nil {
			slog.Error("list", "error", err)
			fail(w, http.StatusServiceUnavailable, "the database is away")
			return
		}
		one.Recorder, one.ID = uuid.UUID(recorder), uuid.UUID(id)
		one.Duration = duration.Int64 / 1e9
		if audio.Valid {
			seconds := float64(audio.Int64) / 1e6
			one.Audio = &seconds
		}
		folder := fmt.Sprintf("%s/%s/%s/sessions/%s/", s.public, s.bucket,
			one.Recorder, one.ID)
		one.Files = map[string]string{
			"ogg_url": folder + "data.ogg", "flac_url": folder + "data.flac",
			"waveform_url":     folder + "waveform.dat",
			"overview_png_url": folder + "overview.png",
			"metadata_url":     folder + "metadata.json",
		}
		page = append(page, one)
	}
	if err := rows.Err(); err != nil {
		slog.Error("list", "error", err)
		fail(w, http.StatusServiceUnavailable, "the database is away")
		return
	}
	answer(w, page)
}

// One line for each request, as setlink writes it.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		id := r.Header.Get("X-Request-Id")
		if id == "" {
			random := uuid.New()
			id = hex.EncodeToString(random[:])
		}
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
		slog.Info("request", "req", id, "client", r.RemoteAddr,
			"method", r.Method, "route", r.Pattern,
			"us", time.Since(begun).Microseconds())
	})
}

func must(err error) {
	if err != nil {
		slog.Error("start", "error", err)
		os.Exit(1)
	}
}

func prepare(db *sql.DB, statement string) *sql.Stmt {
	prepared, err := db.Prepare(statement)
	must(err)
	return prepared
}

// presign prints the microseconds that minio-go takes for a presigned URL.
func presign(client *minio.Client, count int, plain bool) {
	parameters := url.Values{}
	if !plain {
		parameters.Set("response-content-type", "audio/ogg")
		parameters.Set("response-content-disposition",
			"attachment; filename=\"DJ number 1 2026-11-21.ogg\"")
	}
	begun := time.Now()
	for range count {
		_, err := client.PresignedGetObject(context.Background(),
			"session-recorder", "a0000001-0000-4000-8000-000000000001/sessions/"+
				"b0000001-0000-4000-8000-000000000001/data.ogg", expires,
			parameters)
		must(err)
	}
	fmt.Printf("%.3f\n",
		float64(time.Since(begun).Nanoseconds())/1000/float64(count))
}

func newMinio(endpoint, accessKey, secretKey string) *minio.Client {
	client, err := minio.New(endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(accessKey, secretKey, ""),
		Region: "us-east-1",
	})
	must(err)
	return client
}

// peer-go serves; peer-go COUNT [plain] measures presigning.
func main() {
	if len(os.Args) > 1 {
		count, err := strconv.Atoi(os.Args[1])
		must(err)
		presign(newMinio("localhost:9000", "admin", "password123"), count,
			len(os.Args) > 2 && os.Args[2] == "plain")
		return
	}
	db, err := sql.Open("mysql", os.Getenv("PEER_DSN"))
	must(err)
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	public, err := url.Parse(os.Getenv("SESSION_RECORDER_PUBLIC_ENDPOINT"))
	must(err)
	s := &server{
		minio: newMinio(public.Host,
			os.Getenv("SESSION_RECORDER_MINIO_ACCESS_KEY"),
			os.Getenv("SESSION_RECORDER_MINIO_SECRET_KEY")),
		bucket: os.Getenv("SESSION_RECORDER_BUCKET_NAME"),
		public: strings.TrimSuffix(public.String(), "/"),
		find: prepare(db, `SELECT d.name, s.started_at, l.recorder_id,
			l.recording_id, r.gone_at, r.ogg_size, r.flac_size,
			r.waveform_size, r.overview_size
			FROM sessions s JOIN djs d ON d.id = s.dj_id
			LEFT JOIN session_recordings l
			ON l.session_id = s.id AND l.part = 1
			LEFT JOIN recordings r ON r.recorder_id = l.recorder_id
			AND r.id = l.recording_id WHERE s.id = ?`),
		list: prepare(db, `SELECT recorder_id, id, name, start_time, end_time,
			duration_ns, is_closed, is_kept, ogg_size, flac_size,
			waveform_size, overview_size, audio_us
			FROM recordings FORCE INDEX (by_time) WHERE gone_at IS NULL
			ORDER BY listed_at DESC, recorder_id DESC, id DESC LIMIT ?`),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/session-recorder/download/{id}/{format}",
		s.download)
	mux.HandleFunc("GET /api/session-recorder/available-sessions", s.available)
	listener, err := net.Listen("tcp", os.Getenv("PEER_LISTEN"))
	must(err)
	web := &http.Server{Handler: logged(mux),
		ReadHeaderTimeout: 10 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	go func() {
		<-stop.Done()
		must(web.Shutdown(context.Background()))
	}()
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		must(err)
	}
}
