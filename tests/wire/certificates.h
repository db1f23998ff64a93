#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "kit/redis_server.h"

namespace headroom::wire::test {

/// A folder with an authority made by the `openssl` command, and certificates signed by it. Removed by the
/// destructor.
class Certificates {
 public:
  Certificates() {
    std::string name = std::filesystem::temp_directory_path() / "headroom-certificates-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    std::ofstream(file("ca.cnf"))
        << "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=" << folder_ << "\ndatabase=" << file("index")
        << "\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n"
        << "[p]\ncommonName=supplied\n";
    std::ofstream(file("index")) << "";
    self_signed("ca", "the authority");
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string certificate(const std::string& name) const { return file(name + ".crt"); }
  /// A folder of authorities as --cacertdir wants it: each file under the hash of its subject.
  std::string folder_with(const std::string& name) const {
    const std::string folder = file("authorities");
    std::filesystem::create_directory(folder);
    std::filesystem::copy_file(certificate(name), folder + "/" + name + ".crt");
    openssl({"rehash", folder});
    return folder;
  }
  std::string key(const std::string& name) const { return file(name + ".key"); }

  /// NAME.crt and NAME.key, signed by themselves; valid from now on.
  void self_signed(const std::string& name, const std::string& common_name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=" + common_name, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", key(name), "-out", certificate(name)});
  }

  /// NAME.crt and NAME.key, signed by the authority, for `names` ("DNS:localhost,IP:127.0.0.1"), valid from
  /// day to day (YYYYMMDD).
  void sign(const std::string& name, const std::string& names, const std::string& from = "20200101",
            const std::string& to = "20491231") {
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=" + name, "-addext", "subjectAltName=" + names, "-keyout", key(name), "-out",
             file("request")});
    openssl({"ca", "-batch", "-notext", "-config", file("ca.cnf"), "-cert", certificate("ca"), "-keyfile",
             key("ca"), "-startdate", from + "000000Z", "-enddate", to + "000000Z", "-in", file("request"),
             "-out", certificate(name)});
  }

 private:
  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto finished = headroom::test::run(arguments);
    if (finished.status != 0) throw std::runtime_error(finished.err);
  }
  std::string folder_;
};

}  // namespace headroom::wire::test
