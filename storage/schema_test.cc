#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/status.h"
#include "gmock/gmock.h"
#include "proto/convert.h"
#include "storage/sqlite_schema.h"
#include "storage/sqlite_store.h"
#include "storage/store_fixture.h"

namespace benchfleet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

class SchemaTest : public StoreTest {
 protected:
  std::string File() { return SqliteFile(directory_.path()); }

  std::unique_ptr<Database> OpenFile() {
    auto db = Database::Open(File());
    EXPECT_TRUE(db.ok()) << db.status();
    return *std::move(db);
  }

  int64_t Version() { return *OpenFile()->Number("PRAGMA user_version"); }
};

// FNV-1a over what the file says its tables are.
uint64_t SchemaHash(Database& db) {
  uint64_t hash = 0xcbf29ce484222325;
  Query rows = db.Select("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  while (rows.Next()) {
    for (const char c : rows.Text(0)) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }
  EXPECT_EQ(rows.status(), absl::OkStatus());
  return hash;
}

TEST_F(SchemaTest, AMigrationIsNeverEditedOnceReleased) {
  const uint64_t kReleased[] = {2087690594409264879u,  14535037180104874069u, 472321354505531546u,
                                15283172753362375424u, 14256778721997089956u, 8380262510236203451u,
                                15729843683889744239u};
  ASSERT_EQ(SchemaVersion(), std::size(kReleased)) << "a new version needs its hash here";
  const auto db = OpenFile();
  int version = 0;
  for (const uint64_t released : kReleased) {
    ASSERT_EQ(Migrate(*db, ++version), absl::OkStatus());
    EXPECT_EQ(SchemaHash(*db), released)
        << "schema version " << version << " has changed: add a migration instead";
  }
}

TEST_F(SchemaTest, JobsOfOlderVersionsAreFoundByTheirLabels) {
  {
    const auto db = OpenFile();
    ASSERT_EQ(Migrate(*db, 2), absl::OkStatus());
    JobSpec spec;
    spec.labels = {{"branch", "main"}, {"suite", "nightly"}};
    ASSERT_EQ(db->Run("INSERT INTO job (id, name, revision, state, message, submitted_by, source, "
                      "spec) VALUES (4, 'sweep', 'r9', 3, '', 'ada', '', ?)",
                      Blob{Serialize(spec)}),
              absl::OkStatus());
  }
  EXPECT_THAT(*store().Jobs({10, "", "", {{"branch", "main"}}}), SizeIs(1));
  EXPECT_THAT(*store().Jobs({10, "", "", {{"branch", "dev"}}}), SizeIs(0));
}

TEST_F(SchemaTest, AFileOfVersion1IsBroughtUp) {
  {
    const auto db = OpenFile();
    ASSERT_EQ(Migrate(*db, 1), absl::OkStatus());
    ASSERT_EQ(
        db->Script("INSERT INTO store VALUES (1, 'c0', 's0', 0, 0);"
                   "INSERT INTO host VALUES (1, 'a', 0, '{}', '0.1', x'', 5, 6);"
                   "INSERT INTO job (id, name, revision, state, message, submitted_by, source, "
                   "spec) VALUES (4, 'sweep', 'r9', 3, '', 'ada', '', x'');"
                   "INSERT INTO cell VALUES (1, 'exec', '{\"n\":\"1\"}');"
                   "INSERT INTO task VALUES (7, 4, 1, 1, 3, '');"
                   "INSERT INTO run VALUES (8, 7, 4, 1, 1, 0, 0, 3, 1, '', 10, 11, 12, 100, 'id', "
                   "'st', 0), (9, 7, 4, 1, 1, 1, 0, 4, 2, '', 10, 11, 12, 100, 'id', 'st', 0);"
                   "INSERT INTO run_metric VALUES "
                   "(8, 0, 'latency', 'ns', 1, '', 0, 2, 1, 3, 2, 1.5, 2, 2.9, 2.98, 0),"
                   "(9, 0, 'latency', 'ns', 1, '', 0, 2, 1, 3, 2, 1.5, 2, 2.9, 2.98, 0);"
                   "INSERT INTO chunk VALUES (1, 8, 0, 0, 1, 1, 1, 0, x'02');"),
        absl::OkStatus());
  }
  const auto points = store().History({"exec", {{"n", "1"}}, "latency", "ns", "id"}, 10);
  ASSERT_TRUE(points.ok()) << points.status();
  ASSERT_THAT(*points, SizeIs(1)) << "the failed run is in no series";
  EXPECT_EQ(points->at(0).run, RunId{8});
  EXPECT_EQ(points->at(0).revision, "r9");
  EXPECT_EQ(points->at(0).summary,
            (MetricSummary{"latency", 2, 1, 3, 2, 1.5, 2, 2.9, 2.98, false}));
  EXPECT_EQ(store().Identity()->coordinator_id, "c0");
  EXPECT_EQ(store().Job(JobId{4})->runs_done, 1u);
  EXPECT_THAT(*store().Runs(JobId{4}, RunId{0}, 10), SizeIs(2));
  uint64_t position = 0;
  EXPECT_THAT(*store().Chunks(RunId{8}, &position, 1000), SizeIs(1))
      << "what refers to a table that was made anew stays";
  Close();
  EXPECT_EQ(Version(), SchemaVersion());
}

TEST_F(SchemaTest, AMigrationThatFailsLeavesTheFileAsItWas) {
  {
    const auto db = OpenFile();
    ASSERT_EQ(Migrate(*db, 1), absl::OkStatus());
    // In the way of the last statement but two of version 2.
    ASSERT_EQ(db->Script("CREATE VIEW result AS SELECT 1"), absl::OkStatus());
    const absl::Status status = Migrate(*db);
    EXPECT_THAT(Message(status), HasSubstr("to schema version 2"));
    EXPECT_EQ(*db->Number("SELECT count(*) FROM sqlite_schema WHERE name = 'series'"), 0);
  }
  EXPECT_EQ(Version(), 1);
}

TEST_F(SchemaTest, AFileOfANewerVersionIsRefusedByName) {
  store();
  Close();
  ASSERT_EQ(OpenFile()->Script("PRAGMA user_version = 99"), absl::OkStatus());
  const auto opened = OpenSqliteStore(directory_.path());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(opened.status()),
              AllOf(HasSubstr(File()), HasSubstr("newer Benchfleet"), HasSubstr("version 99"),
                    HasSubstr("upgrade this program")));
  EXPECT_EQ(Version(), 99);
}

TEST_F(SchemaTest, AnotherProgramsDatabaseIsLeftAlone) {
  ASSERT_EQ(OpenFile()->Script("PRAGMA application_id = 7; CREATE TABLE notes (text)"),
            absl::OkStatus());
  const auto opened = OpenSqliteStore(directory_.path());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(opened.status()), AllOf(HasSubstr(File()), HasSubstr("another program")));
}

TEST_F(SchemaTest, TheFileSaysWhoseItIs) {
  store();
  Close();
  const auto db = OpenFile();
  EXPECT_EQ(*db->Number("PRAGMA application_id"), Database::kApplicationId);
  EXPECT_EQ(*db->Number("PRAGMA page_size"), 4096);
  EXPECT_EQ(*db->Number("PRAGMA synchronous"), 2) << "FULL";
  EXPECT_EQ(*db->Number("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(*db->Number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

TEST_F(SchemaTest, TheViewForPeopleShowsResults) {
  MakeSmallJob();
  ASSERT_TRUE(Ingest(1, {TestRecord(1, TestStarted()), TestRecord(1, TestChunk(0, {10, 30})),
                         TestRecord(1, TestFinished(Outcome::kOk, 2))})
                  .ok());
  Close();
  const auto db = OpenFile();
  Query row = db->Select(
      "SELECT job_name, revision, host, workload, parameters, median FROM result "
      "WHERE metric = 'latency'");
  ASSERT_TRUE(row.Next()) << row.status();
  EXPECT_EQ(row.Text(0), "sweep");
  EXPECT_EQ(row.Text(1), "r1");
  EXPECT_EQ(row.Text(2), "a");
  EXPECT_EQ(row.Text(3), "crypto.sha256");
  EXPECT_EQ(row.Text(4), "{\"size\":\"1KiB\"}");
  EXPECT_EQ(row.Real(5), 20);
}

class SchemaPageTest : public SchemaTest {
 protected:
  SchemaPageTest() {
    const char* const source = std::getenv("BENCHFLEET_SOURCE_DIR");
    std::ifstream file(std::string(source == nullptr ? "." : source) + "/docs/schema.md");
    page_.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::string page_;
};

TEST_F(SchemaPageTest, NamesEverythingThatThereIs) {
  ASSERT_FALSE(page_.empty()) << "docs/schema.md is not there";
  store();
  Close();
  const auto db = OpenFile();
  Query names = db->Select(
      "SELECT name FROM sqlite_schema WHERE sql IS NOT NULL UNION "
      "SELECT c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c "
      "WHERE s.type IN ('table', 'view')");
  int count = 0;
  while (names.Next()) {
    EXPECT_THAT(page_, HasSubstr("`" + names.Text(0) + "`"));
    ++count;
  }
  EXPECT_EQ(names.status(), absl::OkStatus());
  EXPECT_GT(count, 80);
  EXPECT_THAT(page_, HasSubstr("**" + std::to_string(SchemaVersion()) + "** now"));
}

TEST_F(SchemaPageTest, ItsWorkedExampleIsWhatIsStored) {
  MakeSmallJob();
  RunStarted started = TestStarted();
  ASSERT_TRUE(Ingest(1, {TestRecord(1, started),
                         TestRecord(1, TestChunk(0, {1200000, 1200150, 1199900, 1199900}))})
                  .ok());
  Close();
  const auto db = OpenFile();
  Query row = db->Select("SELECT lower(hex(payload)) FROM chunk");
  ASSERT_TRUE(row.Next()) << row.status();
  EXPECT_THAT(page_, HasSubstr("x'" + row.Text(0) + "'"));
}

}  // namespace
}  // namespace benchfleet
