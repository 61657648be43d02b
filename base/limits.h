// Every bound of Benchfleet in one place. At a bound the peer is slowed or refused by name; nothing
// is dropped silently.
#pragma once

#include <cstddef>
#include <cstdint>

namespace benchfleet::limits {

// ---- samples
inline constexpr uint32_t kMaxSamplesPerChunk = 65536;  // what a reader accepts
inline constexpr uint32_t kSamplesPerChunk = 4096;      // what the runner packs
inline constexpr uint64_t kMaxSamplesPerRun = 100'000'000;
inline constexpr size_t kMaxMetricsPerRun = 64;

// ---- wire
inline constexpr size_t kMaxMessageBytes = 4u << 20;      // gRPC, either direction
inline constexpr size_t kMaxBatchBytes = 1u << 20;        // records of one RecordBatch
inline constexpr size_t kMaxRecordBytes = 896u << 10;     // one record of a spool
inline constexpr size_t kMaxResultPieceBytes = 1u << 20;  // ReadResults
inline constexpr size_t kMaxRunnerFrameBytes = kMaxRecordBytes;
inline constexpr size_t kMaxOutputTailBytes = 16u << 10;  // each of stdout and stderr
inline constexpr size_t kMaxFactBytes = 4u << 10;
inline constexpr size_t kMaxNameBytes = 200;             // hosts, jobs, labels, metrics
inline constexpr size_t kMaxParameterBytes = 64u << 10;  // one parameter's value
inline constexpr size_t kMaxOfferBytes = 16u << 10;      // what a server tells its clients
inline constexpr size_t kMaxFingerprintBytes = 128u << 10;
inline constexpr size_t kMaxWorkloadsPerHost = 1000;

// ---- proving service
inline constexpr size_t kSealedPieceBytes = 256u << 10;  // plaintext of one sealed piece
inline constexpr uint64_t kMaxWitnessBytes = 256u << 20;
inline constexpr size_t kMaxProofBytes = 1u << 20;          // with its public inputs
inline constexpr size_t kMaxEvidenceBytes = 64u << 10;      // a document; its certificates
inline constexpr size_t kMaxEvidenceQuestions = 32;         // that wait for a host's evidence
inline constexpr size_t kMaxMeasurements = 100;             // in a job's list of allowed ones
inline constexpr size_t kMaxProvingConcurrency = 16;        // proofs at once
inline constexpr size_t kMaxProvingQueue = 64;              // requests held besides
inline constexpr uint64_t kMaxHeldWitnessBytes = 1u << 30;  // of all requests
inline constexpr size_t kMaxReplayEntries = 1u << 20;       // requests remembered, to refuse them

// ---- relay of a network profile
inline constexpr size_t kMaxRelayBufferBytes = 4u << 20;  // each direction of a connection
inline constexpr size_t kMaxRelayConnections = 64;

// ---- jobs
inline constexpr size_t kMaxJobFileBytes = 1u << 20;
inline constexpr uint64_t kMaxRunsPerJob = 100'000;
inline constexpr uint64_t kMaxTasksPerJob = 20'000;
inline constexpr uint64_t kMaxOpenJobs = 1000;
inline constexpr uint64_t kMaxOpenRuns = 500'000;  // over all open jobs
inline constexpr uint32_t kMaxRetries = 10;
inline constexpr uint32_t kMaxLostAttempts = 10;  // of one repetition, by lost agents

// ---- files of other tools
inline constexpr size_t kMaxForeignBytes = 128u << 20;      // one file, or one directory's
inline constexpr size_t kMaxForeignFiles = 100'000;         // of one directory
inline constexpr size_t kMaxForeignJsonValues = 8'000'000;  // numbers; and texts and lists
inline constexpr size_t kMaxForeignJsonDepth = 64;
inline constexpr size_t kMaxResultFileNumbers = 64'000'000;  // of our own files
inline constexpr uint64_t kMaxForeignSamples = 10'000'000;

// ---- history
inline constexpr size_t kMaxSeriesRead = 200'000;           // in one ReadHistory
inline constexpr uint32_t kMaxPointsPerSeries = 1'000'000;  // in one ReadHistory
inline constexpr uint32_t kReportTrendPoints = 400;         // runs of each series in a job's report
inline constexpr size_t kReportShapeRows =
    500;  // whose samples are looked at for humps and the like
inline constexpr size_t kReportTrendSeries = 2000;  // series there; those beyond are counted
inline constexpr size_t kMaxBaselineJobs = 1000;
inline constexpr size_t kMaxBaselineRuns = 1000;
inline constexpr size_t kMaxBlessingsAtOnce = 10'000;
inline constexpr size_t kMaxSelftestEffects = 50;
inline constexpr size_t kMaxReasonBytes = 1000;  // and of an author's name

// ---- fleet
inline constexpr size_t kMaxAgents = 12'000;
inline constexpr size_t kMaxLabelsPerHost = 64;
inline constexpr size_t kMaxParallelRunsPerHost = 64;  // of jobs that are not exclusive
inline constexpr size_t kMaxWatchers = 1000;

// ---- queues
inline constexpr size_t kMaxIngestQueueBytes = 64u << 20;  // batches between the ports and a commit
inline constexpr size_t kMaxStorageQueue = 100'000;

static_assert(kMaxBatchBytes + kMaxRecordBytes < kMaxMessageBytes);
static_assert(size_t{kMaxSamplesPerChunk} * 8 < kMaxRecordBytes);
static_assert(kMaxResultPieceBytes + kMaxRecordBytes < kMaxMessageBytes);
static_assert(2 * kMaxOutputTailBytes + kMaxFingerprintBytes < kMaxRecordBytes);
static_assert(kMaxTasksPerJob <= kMaxRunsPerJob);
static_assert(kSamplesPerChunk <= kMaxSamplesPerChunk);
static_assert(kSealedPieceBytes + kMaxFactBytes < kMaxMessageBytes);
static_assert(kMaxWitnessBytes <= kMaxHeldWitnessBytes);
static_assert(kMaxProofBytes + 2 * kMaxEvidenceBytes < kMaxMessageBytes);
static_assert(kMaxReasonBytes < kMaxFactBytes);

}  // namespace benchfleet::limits
