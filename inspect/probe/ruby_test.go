package probe

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRubySource(t *testing.T) {
	in := `require 'json'
require_relative "lib/x"
# def no1; end
def handler(event:, context:)
  x = "def no2"
  private def inner? ; end
end
=begin
def no3; end
=end
module App
  class Handler < Base; def self.process(event:, context:) = 1
    class << self
      def other; end
    end
  end
end
class A::B; end
Point = Struct.new(:x)
sql = <<~SQL + <<-'TXT'
  def no4
  SQL
  def no5
TXT
URL == 1
y = <<-eos
def no8
  eos
z << Point
undefined_def no6
__END__
def no7; end
`
	want := RubySource{Methods: []string{"handler", "inner?", "other"}, SelfMethods: []string{"process"}, Classes: []string{"A::B", "App", "Handler", "Point"}, Singleton: true, Requires: []string{"json", "lib/x"}}
	if got := mustAsk[RubySource](t, RubyFile(), []byte(in)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, in := range []string{"define_method(:x) { }", "  extend self", "eval code", "alias a b", "def method_missing(n); end", "module_function"} {
		if got := mustAsk[RubySource](t, RubyFile(), []byte(in)); !got.Dynamic {
			t.Errorf("%q is not dynamic", in)
		}
	}
	wantFailed(t, RubyFile(), []byte("a\x00"), "a NUL at byte 1")
	wantFailed(t, RubyFile(), []byte("x = <<~EOS\nfoo"), "a here-document that does not end: EOS")
	wantFailed(t, RubyFile(), make([]byte, rubyLimit+1), "more than the 16777216")
}

func TestPHPSource(t *testing.T) {
	in := `<html><?xml version="1.0"?>
<?php // function no1() ?>
<?PHP
namespace App; # class No
/* function no2() {} */
#[Attribute]
class Kernel extends Base { public function handle() { return 1; } }
interface I {} trait T {} enum E: string {}
function &main() { return "function no3() {}"; }
function Other() {}
$x->function; $class = new class { }; Foo::class; A::return();
$s = <<<"EOS"
 function no4() {}
 EOSX
 EOS;
$n = <<<'X'
class No5 {}
X;
$f = function () { return 2; };
require __DIR__ . '/vendor/autoload.php';
`
	want := PHPSource{PHP: true, Functions: []string{"handle", "main", "other"}, Classes: []string{"e", "i", "kernel", "t"}, Includes: true}
	if got := mustAsk[PHPSource](t, PHPFile(), []byte(in)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	handler := "<?php\nrequire 'x';\nreturn function ($event) { return 'x'; };\n"
	if got := mustAsk[PHPSource](t, PHPFile(), []byte(handler)); !got.Returns || !got.PHP {
		t.Errorf("got %+v", got)
	}
	if got := mustAsk[PHPSource](t, PHPFile(), []byte("no code")); got.PHP {
		t.Errorf("got %+v", got)
	}
	wantFailed(t, PHPFile(), []byte("<?php 'x"), "a string that does not end")
	wantFailed(t, PHPFile(), []byte("<?php /* x"), "a comment that does not end")
	wantFailed(t, PHPFile(), []byte("<?php <<<EOS\nx"), "here-document that does not end: EOS")
	wantFailed(t, PHPFile(), make([]byte, phpLimit+1), "more than the 16777216")
}

// TestSourcesOfThisMachine reads what Ruby and PHP files there are.
func TestSourcesOfThisMachine(t *testing.T) {
	files := corpus(t, 200, func(name string) bool { return filepath.Ext(name) == ".rb" || filepath.Ext(name) == ".php" }, "/usr/lib/ruby", "/usr/share/ruby", "/usr/share/php", "/var/lib/gems", "/usr/share/rubygems-integration")
	if len(files) == 0 {
		t.Skip("no sources here")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		q := RubyFile()
		if strings.HasSuffix(name, ".php") {
			q = PHPFile()
		}
		if _, err := ask[struct{}](t, q, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Logf("%d sources read", len(files))
}

func FuzzRubySource(f *testing.F) {
	f.Add([]byte("class A; def self.x; end; end\nx = <<~A, <<'B'\nA\nB\n"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, RubyFile(), data) })
}

func FuzzPHPSource(f *testing.F) {
	f.Add([]byte("<?php function a() { return <<<X\nX; } class B {} ?> <?= 1 // ?>"))
	f.Fuzz(func(t *testing.T, data []byte) { noPanic(t, PHPFile(), data) })
}
