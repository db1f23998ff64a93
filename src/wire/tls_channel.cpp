#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "wire/channel.h"

namespace headroom::wire {
namespace {

struct Free {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
};
using Settings = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

// OpenSSL's own socket BIO uses write(), which raises SIGPIPE when the server has gone. Ours uses send() with
// MSG_NOSIGNAL.
int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int after_call(BIO* bio, ssize_t result, void (*ask_again)(BIO*)) {
  BIO_clear_retry_flags(bio);
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) ask_again(bio);
  return static_cast<int>(result);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  const auto sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  return after_call(bio, sent, [](BIO* b) { BIO_set_retry_write(b); });
}

int bio_read(BIO* bio, char* room, int size) {
  const auto received = ::recv(socket_of(bio), room, static_cast<std::size_t>(size), 0);
  return after_call(bio, received, [](BIO* b) { BIO_set_retry_read(b); });
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

tl::unexpected<Error> tls_error(std::string what, std::string remedy, Exit exit = Exit::unreachable) {
  return fail({std::move(what), "", std::move(remedy), exit});
}

tl::unexpected<Error> bad_file(std::string_view option, const std::string& path) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return tls_error(
      fmt::format("cannot use the file of {}: {}", option, reason == nullptr ? "unreadable" : reason),
      fmt::format("check that {} is readable and in PEM form, the key without passphrase", path),
      Exit::usage);
}

Result<bool> trust(SSL_CTX* settings, const TlsSettings& tls) {
  if (tls.insecure) return true;
  if (tls.ca_file.empty() && tls.ca_folder.empty()) {
    if (SSL_CTX_set_default_verify_paths(settings) != 1)
      return bad_file("the system's certificates", "the system's store");
    return true;
  }
  if (!tls.ca_file.empty() && SSL_CTX_load_verify_file(settings, tls.ca_file.c_str()) != 1)
    return bad_file("--cacert", tls.ca_file);
  if (!tls.ca_folder.empty() && SSL_CTX_load_verify_dir(settings, tls.ca_folder.c_str()) != 1) {
    return bad_file("--cacertdir", tls.ca_folder);
  }
  return true;
}

Result<bool> identify(SSL_CTX* settings, const TlsSettings& tls) {
  if (tls.certificate.empty()) return true;
  // Without this OpenSSL asks for the passphrase on the terminal, which a daemon does not have.
  SSL_CTX_set_default_passwd_cb(settings, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(settings, tls.certificate.c_str()) != 1)
    return bad_file("--cert", tls.certificate);
  if (SSL_CTX_use_PrivateKey_file(settings, tls.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad_file("--key", tls.key);
  return true;
}

Result<Settings> settings_for(const TlsSettings& tls) {
  ERR_clear_error();
  Settings settings(SSL_CTX_new(TLS_client_method()));
  if (!settings) return tls_error("TLS cannot be set up", "check the OpenSSL installation");
  SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(settings.get(), tls.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(settings.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One recv() takes several records; without read-ahead every record costs two.
  SSL_CTX_set_read_ahead(settings.get(), 1);
  SSL_CTX_set_default_read_buffer_len(settings.get(), 64 * 1024);
  if (auto done = trust(settings.get(), tls); !done) return fail(done.error());
  if (auto done = identify(settings.get(), tls); !done) return fail(done.error());
  return settings;
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> binary;
  return ::inet_pton(AF_INET, name.c_str(), binary.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), binary.data()) == 1;
}

/// Who must be at the other end. OpenSSL checks no name unless told to; redis-cli never tells it
/// (safety.md 2.12).
bool expect_name(SSL* session, const std::string& name) {
  if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1;
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SNI carries names only (RFC 6066).
  return SSL_set_tlsext_host_name(session, name.c_str()) == 1 && SSL_set1_host(session, name.c_str()) == 1;
}

Result<Session> session_for(SSL_CTX* settings, int socket, const Endpoint& endpoint) {
  Session session(SSL_new(settings));
  BIO* bio = BIO_new(bio_method());
  const std::string& name = endpoint.tls.server_name.empty() ? endpoint.host : endpoint.tls.server_name;
  if (!session || bio == nullptr || !expect_name(session.get(), name)) {
    BIO_free(bio);
    return tls_error("the server name cannot be used for TLS",
                     "give the name of the server's certificate with --sni", Exit::usage);
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(session.get(), bio, bio);
  return session;
}

tl::unexpected<Error> distrusted(long verdict) {
  const auto refused = [](std::string_view why, std::string remedy) {
    return tls_error(fmt::format("the server's certificate is refused: {}", why), std::move(remedy));
  };
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return refused("it is for another host",
                     "use the host name the certificate carries, or give that name with --sni");
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return refused("it has expired", "renew the certificate on the server");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return refused("it is not yet valid", "compare the clocks of both machines");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return refused("no authority we trust has signed it",
                     "give the file of the authority that signed it: --cacert FILE");
    default:
      return refused(X509_verify_cert_error_string(verdict),
                     "see what `openssl s_client -connect` says about it");
  }
}

tl::unexpected<Error> speaks_no_tls(std::string what) {
  return tls_error(std::move(what),
                   "leave --tls out (redis:// instead of rediss://), or give the server's TLS port");
}

/// What OpenSSL's error means to a person; `reason` is one of the SSL_R_ numbers.
tl::unexpected<Error> handshake_failed(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_BAD_PACKET_LENGTH:
    case SSL_R_RECORD_TOO_SMALL:
      return speaks_no_tls("the server does not speak TLS on this port");
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
      return tls_error("the server speaks only TLS older than 1.2",
                       "enable TLS 1.2 or 1.3 on the server (tls-protocols)");
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return tls_error("the server does not accept our certificate, or asks for one and got none",
                       "give a client certificate the server trusts: --cert FILE --key FILE");
    default: {
      const char* words = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason));
      return tls_error(fmt::format("TLS failed: {}", words == nullptr ? "unknown cause" : words),
                       "see what `openssl s_client -connect` says about this server");
    }
  }
}

/// Of a failed SSL_ call. A verdict on the certificate comes first: it is the cause, the rest its
/// consequence.
tl::unexpected<Error> session_failed(const SSL* session) {
  const long verdict = SSL_get_verify_result(session);
  const auto code = ERR_peek_error();
  ERR_clear_error();
  if (verdict != X509_V_OK && SSL_get_verify_mode(session) != SSL_VERIFY_NONE) return distrusted(verdict);
  return handshake_failed(ERR_GET_REASON(code));
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(Fd socket, Settings settings, Session session)
      : socket_(std::move(socket)), settings_(std::move(settings)), session_(std::move(session)) {}
  ~TlsChannel() override {
    // After a fatal error the library forbids it (SSL_shutdown(3)); before the end of the handshake there is
    // nothing to shut.
    if (!failed_ && SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
  }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  Result<Moved> send(std::string_view bytes) override {
    std::size_t sent = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
    return after(result, sent);
  }

  Result<Moved> receive(std::span<char> room) override {
    std::size_t received = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(session_.get(), room.data(), room.size(), &received);
    return after(result, received);
  }

  int descriptor() const override { return socket_.number(); }

  Result<bool> shake_hands(const Deadline& deadline, const Cancellation& cancellation) {
    while (true) {
      ERR_clear_error();
      const auto moved = after(SSL_connect(session_.get()), 0);
      if (!moved) return fail(moved.error());
      if (moved->stopped == Stopped::no) return true;
      if (moved->stopped == Stopped::closed) {
        return tls_error("the server closed the connection during the TLS handshake",
                         "see whether this is the server's TLS port");
      }
      const short events = moved->stopped == Stopped::until_readable ? POLLIN : POLLOUT;
      auto waited = wait_for(socket_.number(), events, deadline, cancellation);
      // A plain Redis takes our greeting for the beginning of an endless line and says nothing to it.
      const bool silent = BIO_number_read(SSL_get_rbio(session_.get())) == 0;
      if (!waited && silent && !cancellation.cancelled()) {
        return speaks_no_tls(
            "no answer to the TLS handshake: the server probably does not speak TLS on this port");
      }
      if (!waited) return waited;
    }
  }

  /// Asked once more after the handshake, so that no option of the library can let an unchecked server
  /// through.
  Result<bool> check_server(bool insecure) const {
    if (insecure) return true;
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session_.get()),
                                                            &X509_free);
    const long verdict = SSL_get_verify_result(session_.get());
    if (!shown || verdict != X509_V_OK) return distrusted(shown ? verdict : X509_V_ERR_UNSPECIFIED);
    return true;
  }

 private:
  Result<Moved> after(int result, std::size_t bytes) {
    switch (SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_NONE:
        return Moved{bytes, Stopped::no};
      case SSL_ERROR_WANT_READ:
        return Moved{0, Stopped::until_readable};
      case SSL_ERROR_WANT_WRITE:
        return Moved{0, Stopped::until_writable};
      case SSL_ERROR_ZERO_RETURN:
        return Moved{0, Stopped::closed};
      case SSL_ERROR_SYSCALL:
        failed_ = true;
        return Moved{0, Stopped::closed};
      default:
        failed_ = true;
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
          return Moved{0, Stopped::closed};
        return session_failed(session_.get());
    }
  }

  Fd socket_;
  Settings settings_;
  Session session_;
  bool failed_ = false;
};

}  // namespace

Result<std::unique_ptr<Channel>> tls_channel(Fd socket, const Endpoint& endpoint, const Deadline& deadline,
                                             const Cancellation& cancellation) {
  auto settings = settings_for(endpoint.tls);
  if (!settings) return fail(settings.error());
  auto session = session_for(settings->get(), socket.number(), endpoint);
  if (!session) return fail(session.error());
  auto channel = std::make_unique<TlsChannel>(std::move(socket), *std::move(settings), *std::move(session));
  if (auto done = channel->shake_hands(deadline, cancellation); !done) return fail(done.error());
  if (auto trusted = channel->check_server(endpoint.tls.insecure); !trusted) return fail(trusted.error());
  return std::unique_ptr<Channel>(std::move(channel));
}

}  // namespace headroom::wire
